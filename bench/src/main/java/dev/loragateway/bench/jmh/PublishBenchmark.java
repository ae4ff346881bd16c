package dev.loragateway.bench.jmh;

import dev.loragateway.model.Residency;
import dev.loragateway.registry.Dispatch;
import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RoutingPolicy;
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
import org.openjdk.jmh.annotations.Warmup;

/** What the registry's writer does: a scrape taken in, and a dispatch that moves an adapter. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class PublishBenchmark {
  @Param("100")
  public int endpoints;

  @Param("1000")
  public int adapters;

  private SyntheticPool pool;
  private int next;

  @Setup
  public void setUp() {
    pool = new SyntheticPool(endpoints, adapters, RoutingPolicy.LORA_AWARE, Runnable::run);
  }

  /** A scrape of one endpoint: begun, answered and published. */
  @Benchmark
  public Object report() {
    pool.report(next++ % endpoints);
    return pool.snapshot();
  }

  /** A whole request for an adapter on disk: dispatched, answered and finished. */
  @Benchmark
  public Object swap() {
    request(next % endpoints, pool.adapters[(next / endpoints * 7) % adapters]);
    next++;
    return pool.snapshot();
  }

  /** A whole request for an adapter in a GPU slot. */
  @Benchmark
  public Object hit() {
    int at = next++ % endpoints;
    request(at, pool.snapshot().endpoints().get(at).residency().gpu().getFirst());
    return pool.snapshot();
  }

  private void request(int at, String adapter) {
    PoolSnapshot now = pool.snapshot();
    EndpointState state = now.endpoints().get(at);
    Residency level = state.residency().level(adapter);
    Dispatch dispatch = pool.registry.dispatch(state, now.adapter(adapter).cell(at), level, 0);
    dispatch.answered();
    dispatch.finished();
  }
}
