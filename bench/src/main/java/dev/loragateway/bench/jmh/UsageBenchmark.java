package dev.loragateway.bench.jmh;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.loragateway.openai.SseUsage;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The usage is read off an answer, in the direct buffers in which it comes from the network. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class UsageBenchmark {
  private static final int EVENTS = 64;
  private static final String USAGE =
      "\"usage\":{\"prompt_tokens\":200,\"total_tokens\":264,\"completion_tokens\":64}";
  private static final String EVENT =
      "data: {\"id\":\"chatcmpl-0123456789abcdef\",\"object\":\"chat.completion.chunk\","
          + "\"created\":1700000000,\"model\":\"lora-0\",\"choices\":[{\"index\":0,\"delta\":"
          + "{\"content\":\" adapter\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n";
  private static final String LAST =
      "data: {\"id\":\"chatcmpl-0123456789abcdef\",\"object\":\"chat.completion.chunk\","
          + "\"created\":1700000000,\"model\":\"lora-0\",\"choices\":[],"
          + USAGE
          + "}\n\ndata: [DONE]\n\n";
  private static final String WHOLE =
      "{\"id\":\"chatcmpl-0123456789abcdef\",\"object\":\"chat.completion\","
          + "\"created\":1700000000,\"model\":\"lora-0\",\"choices\":[{\"index\":0,\"message\":"
          + "{\"role\":\"assistant\",\"content\":\""
          + "An adapter adds a product of two narrow matrices. ".repeat(8)
          + "\"},\"logprobs\":null,\"finish_reason\":\"stop\"}],"
          + USAGE
          + "}";

  private final List<ByteBuf> events = new ArrayList<>();
  private ByteBuf whole = Unpooled.EMPTY_BUFFER;

  @Setup
  public void setUp() {
    for (int i = 1; i < EVENTS; i++) {
      events.add(direct(EVENT));
    }
    events.add(direct(LAST));
    whole = direct(WHOLE);
  }

  private static ByteBuf direct(String text) {
    return PooledByteBufAllocator.DEFAULT
        .directBuffer(text.length())
        .writeBytes(text.getBytes(US_ASCII));
  }

  @TearDown
  public void tearDown() {
    events.forEach(ByteBuf::release);
    whole.release();
  }

  /** A stream of 64 events of some 200 bytes, each in a buffer of its own. */
  @Benchmark
  public SseUsage.@Nullable Usage stream() {
    SseUsage usage = new SseUsage();
    for (ByteBuf event : events) {
      usage.add(event);
    }
    return usage.usage(Unpooled.EMPTY_BUFFER);
  }

  /** A JSON answer of 0.7 KB in one buffer. */
  @Benchmark
  public SseUsage.@Nullable Usage answer() {
    return new SseUsage().usage(whole);
  }
}
