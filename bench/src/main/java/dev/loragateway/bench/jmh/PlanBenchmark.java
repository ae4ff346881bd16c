package dev.loragateway.bench.jmh;

import dev.loragateway.adapters.Placement;
import dev.loragateway.adapters.PlacementPlanner;
import dev.loragateway.adapters.PlacementRequest;
import dev.loragateway.adapters.PlacementSettings;
import dev.loragateway.adapters.PlacementSite;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
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

/**
 * What it takes to plan 1,000 adapters over 64 endpoints with 16 slots each, in eight zones; their
 * demand falls off as Zipf's law has it. Confined to one thread.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class PlanBenchmark {
  private static final int ENDPOINTS = 64;
  private static final int ADAPTERS = 1000;
  private static final int SLOTS = 16;
  private static final int ZONES = 8;
  private static final int[] RANKS = {8, 16, 64};

  private final List<PlacementSite> sites = new ArrayList<>();
  private final List<PlacementRequest> requests = new ArrayList<>();
  private Placement now = Placement.NONE;

  @Setup
  public void plan() {
    Random random = new Random(1);
    for (int i = 0; i < ENDPOINTS; i++) {
      Map<String, String> labels =
          Map.of(PlacementSite.NODE, "node-" + i / 2, PlacementSite.ZONE, "zone-" + i % ZONES);
      sites.add(new PlacementSite("10.0.0." + i + ":8000", "base", SLOTS, 64, 0, labels));
    }
    for (int i = 0; i < ADAPTERS; i++) {
      int rank = RANKS[random.nextInt(RANKS.length)];
      int copies = i < 10 ? 8 : i < 100 ? 2 : 1;
      requests.add(
          new PlacementRequest("lora-" + i, "base", copies, 100.0 / (i + 1), rank, 0, Map.of()));
    }
    now = fromNothing();
  }

  @Benchmark
  public Placement fromNothing() {
    return PlacementPlanner.plan(sites, requests, Placement.NONE, PlacementSettings.DEFAULT);
  }

  @Benchmark
  public Placement afterTheLossOfAnEndpoint() {
    return PlacementPlanner.plan(
        sites.subList(1, ENDPOINTS), requests, now, PlacementSettings.DEFAULT);
  }

  @Benchmark
  public Placement whenAllIsInPlace() {
    return PlacementPlanner.plan(sites, requests, now, PlacementSettings.DEFAULT);
  }
}
