package dev.loragateway.bench.jmh;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.loragateway.openai.RequestPeek;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A request's body is read for routing, in the direct buffers in which it comes from the network.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class PeekBenchmark {
  /** What one read takes at most. */
  private static final int PIECE = 65_536;

  /** A line of a prompt: an escape every 30 characters. */
  private static final String LINE =
      "Explain how a \\\"low-rank adapter\\\" changes the attention weights, step by step.\\n";

  @Param({"1000", "24000", "300000"})
  public int bytes;

  /** Whether the model comes before the messages; some SDKs send it behind them. */
  @Param({"true", "false"})
  public boolean modelFirst;

  private final List<ByteBuf> pieces = new ArrayList<>();

  private final RequestPeek peek = new RequestPeek();

  @Setup
  public void setUp() {
    String model = "\"model\":\"acme/llama/customer-support/v1\"";
    String text = LINE.repeat(bytes / LINE.length());
    String messages = "\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]";
    String body =
        "{" + (modelFirst ? model + "," + messages : messages + "," + model) + ",\"stream\":true}";
    byte[] encoded = body.getBytes(UTF_8);
    for (int from = 0; from < encoded.length; from += PIECE) {
      int count = Math.min(PIECE, encoded.length - from);
      pieces.add(
          PooledByteBufAllocator.DEFAULT.directBuffer(count).writeBytes(encoded, from, count));
    }
  }

  @TearDown
  public void tearDown() {
    pieces.forEach(ByteBuf::release);
  }

  @Benchmark
  public Object peek() {
    peek.begin();
    for (ByteBuf piece : pieces) {
      peek.feed(piece);
    }
    return peek.finish();
  }
}
