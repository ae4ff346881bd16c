package dev.loragateway.bench.overhead;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * The stub in a process of its own. Immutable.
 *
 * @param tree the process
 * @param ports of the first pool's servers, then of the second's
 */
public record StubProcess(ProcessTree tree, List<Integer> ports) implements AutoCloseable {
  /**
   * @param loops event loops of the stub
   */
  public static StubProcess start(Cores cores, int loops) throws IOException {
    List<String> command =
        List.of(
            ProcessHandle.current().info().command().orElse("java"),
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            Objects.requireNonNull(System.getProperty("java.class.path")),
            Stub.class.getName(),
            Integer.toString(loops));
    Process process =
        new ProcessBuilder(cores.onLoad(command)).redirectError(Redirect.INHERIT).start();
    ProcessTree tree = new ProcessTree(process);
    Running.endWithThisProgram(tree);
    String line =
        new BufferedReader(new InputStreamReader(process.getInputStream(), US_ASCII)).readLine();
    if (line == null) {
      throw new IOException("the stub did not start");
    }
    return new StubProcess(tree, Arrays.stream(line.split(" ")).map(Integer::valueOf).toList());
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
    tree.end();
  }
}
