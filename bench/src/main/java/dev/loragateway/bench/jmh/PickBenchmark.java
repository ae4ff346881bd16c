package dev.loragateway.bench.jmh;

import dev.loragateway.registry.Dispatch;
import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RoutingPolicy;
import dev.loragateway.routing.AdapterDemand;
import dev.loragateway.routing.EndpointPicker;
import dev.loragateway.routing.Pick;
import dev.loragateway.routing.PickRequest;
import dev.loragateway.routing.RecentPlacements;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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
 * One routing decision with its reservation, while {@link #window} others are under way. {@link
 * #dispatch} is what remains without the decision: subtract it. The snapshot stands still: touches
 * are taken off the queue between the iterations and dropped, as of endpoints that are gone.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "-XX:+UseParallelGC")
public class PickBenchmark {
  private static final int DRAWS = 1 << 16;

  @Param({"4", "16", "100"})
  public int endpoints;

  @Param("1000")
  public int adapters;

  @Param({"LORA_AWARE", "TIERED", "LEAST_REQUEST"})
  public RoutingPolicy policy;

  /** Dispatches under way at any time, for each endpoint. */
  @Param("4")
  public int window;

  private EndpointRegistry registry;
  private PoolSnapshot pool;
  private EndpointPicker picker;
  private PickRequest[] requests;
  private Dispatch[] open;
  private int next;

  @Setup
  public void setUp() {
    SyntheticPool live = new SyntheticPool(endpoints, adapters, policy, drain -> {});
    registry = live.registry;
    pool = live.snapshot();
    registry.configure(Map.of());
    AdapterDemand demand = new AdapterDemand(System::nanoTime);
    picker = new EndpointPicker(registry, demand, new RecentPlacements(), new Random(1));
    String[] names = live.zipf(DRAWS);
    requests = new PickRequest[DRAWS];
    for (int i = 0; i < DRAWS; i++) {
      requests[i] = PickRequest.of(names[i]);
    }
    open = new Dispatch[window * endpoints];
    for (int i = 0; i < 2 * open.length; i++) {
      pick();
    }
  }

  @TearDown(Level.Iteration)
  public void dropTouches() {
    registry.drain();
  }

  @Benchmark
  public Object pick() {
    PickRequest request = requests[next & (DRAWS - 1)];
    Pick.Chosen chosen = (Pick.Chosen) picker.pick(request, pool);
    replaceOldest(chosen.dispatch());
    return chosen;
  }

  /** To the endpoints in turn. */
  @Benchmark
  public Object dispatch() {
    PickRequest request = requests[next & (DRAWS - 1)];
    int at = next % endpoints;
    EndpointState state = pool.endpoints().get(at);
    Dispatch dispatch =
        registry.dispatch(
            state,
            pool.adapter(request.model()).cell(at),
            state.residency().level(request.model()),
            0);
    replaceOldest(dispatch);
    return dispatch;
  }

  private void replaceOldest(Dispatch dispatch) {
    int oldest = next++ % open.length;
    if (open[oldest] != null) {
      open[oldest].answered();
      open[oldest].finished();
    }
    open[oldest] = dispatch;
  }
}
