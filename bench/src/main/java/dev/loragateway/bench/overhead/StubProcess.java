package dev.loragateway.bench.overhead;

import dev.loragateway.bench.process.JavaProgram;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/**
 * The stub in a process of its own. Immutable.
 *
 * @param program the process
 * @param ports of the first pool's servers, then of the second's
 */
public record StubProcess(JavaProgram program, List<Integer> ports) implements AutoCloseable {
  /**
   * Starts one.
   *
   * @param loops event loops of the stub
   */
  public static StubProcess start(Cores cores, int loops) throws IOException {
    JavaProgram program = JavaProgram.start(cores::onLoad, Stub.class, Integer.toString(loops));
    return new StubProcess(
        program, Arrays.stream(program.greeting().split(" ")).map(Integer::valueOf).toList());
  }

  /** Of the pool that gets the requests. */
  public List<Integer> servers() {
    return ports.subList(0, Stub.SERVERS);
  }

  /** Of the pool that gets none. */
  public List<Integer> others() {
    return ports.subList(Stub.SERVERS, ports.size());
  }

  @Override
  public void close() {
    program.close();
  }
}
