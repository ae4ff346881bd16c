package dev.loragateway.bench.jmh;

import dev.loragateway.bench.scraping.MetricsPages;
import dev.loragateway.model.EndpointLoad;
import dev.loragateway.scrape.Engine;
import dev.loragateway.scrape.EngineMapping;
import java.io.IOException;
import java.util.List;
import java.util.Random;
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
import org.openjdk.jmh.annotations.Warmup;

/** A scraped page of vLLM, 55 KB, is read for the load that it tells; another page each time. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ParseBenchmark {
  private static final int PAGES = 64;

  private final EngineMapping vllm = EngineMapping.of(Engine.VLLM);
  private List<byte[]> pages = List.of();
  private int next;

  @Setup
  public void setUp() throws IOException {
    pages = MetricsPages.of(PAGES, new Random(1)).busy();
  }

  @Benchmark
  public @Nullable EndpointLoad parse() {
    byte[] page = pages.get(next++ % PAGES);
    return vllm.map(page, page.length, 1.8e9);
  }
}
