package dev.loragateway.bench.routing;

import dev.loragateway.model.Residency;
import java.util.Arrays;
import java.util.function.ToLongFunction;

/** Counts what happens in a run, from the end of its warm-up. Confined to one simulation. */
final class Measures {
  private static final int FAIR_SAMPLE = 50;

  private final Simulation simulation;
  private final long from;
  private final long until;
  private final long objective;
  private final double lateAllowed;
  private float[] firstTokens = new float[4096];
  private int[] adapters = new int[4096];
  private int answered;
  private final int[] arrivedOf;
  private int mostWaiting;
  private long arrived;
  private long inTime;
  private long late;
  private long hits;
  private long wanted;
  private long right;
  private long estimates;
  private long failures;
  private long failedFirst;
  private long completed;
  private long activationsBefore;
  private long diskLoadsBefore;
  private long evictionsBefore;
  private long activations;
  private long diskLoads;
  private long evictions;

  Measures(Simulation simulation, long from, long until, double planned) {
    this.simulation = simulation;
    this.from = from;
    this.arrivedOf = new int[simulation.adapters.count()];
    this.until = until;
    this.objective = ServerModel.nanos(RunSpec.SLO_MS);
    this.lateAllowed = 0.01 * (planned + 3 * Math.sqrt(planned));
  }

  private boolean counts(Request request) {
    return request.arrivedAt >= from && request.arrivedAt < until;
  }

  /** The warm-up is over. */
  void begin() {
    activationsBefore = sum(AdapterSlots::activations);
    diskLoadsBefore = sum(AdapterSlots::diskLoads);
    evictionsBefore = sum(AdapterSlots::evictions);
  }

  /** What is counted per time is counted until now. */
  void end() {
    activations = sum(AdapterSlots::activations) - activationsBefore;
    diskLoads = sum(AdapterSlots::diskLoads) - diskLoadsBefore;
    evictions = sum(AdapterSlots::evictions) - evictionsBefore;
  }

  /** Returns whether each request that counts was answered or failed. */
  boolean complete() {
    return answered + failedFirst >= arrived;
  }

  void arrived(Request request) {
    if (counts(request)) {
      arrived++;
      if (request.adapter != Adapters.NONE) {
        arrivedOf[request.adapter]++;
      }
    }
  }

  /** So many requests wait in a gateway. */
  void waiting(int requests) {
    mostWaiting = Math.max(mostWaiting, requests);
  }

  void estimated(Residency believed, boolean inGpu) {
    if (simulation.events.now() >= from && believed != Residency.UNKNOWN) {
      estimates++;
      right += (believed == Residency.GPU) == inGpu ? 1 : 0;
    }
  }

  void first(Request request, long now) {
    if (!counts(request)) {
      return;
    }
    if (answered == firstTokens.length) {
      firstTokens = Arrays.copyOf(firstTokens, answered * 2);
      adapters = Arrays.copyOf(adapters, answered * 2);
    }
    long time = now - request.arrivedAt;
    if (time <= objective) {
      inTime++;
    } else {
      late++;
    }
    firstTokens[answered] = time / 1e6f;
    adapters[answered++] = request.adapter;
    if (request.adapter != Adapters.NONE) {
      wanted++;
      hits += request.hit ? 1 : 0;
    }
  }

  void last(Request request) {
    long now = simulation.events.now();
    completed += now >= from && now < until ? 1 : 0;
  }

  void failed(Request request) {
    if (counts(request)) {
      failures++;
      if (request.firstAt == 0) {
        late++;
        failedFirst++;
      }
    }
  }

  /** Returns whether too many were late already for the objective to be met. */
  boolean hopeless() {
    return late > lateAllowed;
  }

  private long sum(ToLongFunction<AdapterSlots> count) {
    return Arrays.stream(simulation.servers).mapToLong(s -> count.applyAsLong(s.slots)).sum();
  }

  RunResult result(boolean aborted, long requests, double cpuSeconds) {
    double seconds = (until - from) / 1e9;
    float[] sorted = Arrays.copyOf(firstTokens, answered);
    Arrays.sort(sorted);
    double served = Math.max(1, completed);
    float[][] times = byAdapter();
    double[] p99 = p99OfAdapters(times);
    return new RunResult(
        arrived,
        arrived == 0 ? 0 : 1 - (double) inTime / arrived,
        aborted,
        quantile(sorted, 0.5),
        quantile(sorted, 0.95),
        quantile(sorted, 0.99),
        Arrays.stream(p99).max().orElse(Double.NaN),
        Arrays.stream(p99).average().orElse(Double.NaN),
        leastServed(times),
        mostWaiting,
        wanted == 0 ? Double.NaN : (double) hits / wanted,
        activations / served,
        diskLoads / served,
        evictions / seconds,
        estimates == 0 ? Double.NaN : (double) right / estimates,
        failures,
        completed / seconds,
        requests,
        simulation.events.fired(),
        cpuSeconds);
  }

  /** The first-token times of each adapter. */
  private float[][] byAdapter() {
    int[] counts = new int[arrivedOf.length];
    for (int i = 0; i < answered; i++) {
      if (adapters[i] != Adapters.NONE) {
        counts[adapters[i]]++;
      }
    }
    float[][] times = new float[counts.length][];
    for (int i = 0; i < times.length; i++) {
      times[i] = new float[counts[i]];
    }
    for (int i = 0; i < answered; i++) {
      if (adapters[i] != Adapters.NONE) {
        times[adapters[i]][--counts[adapters[i]]] = firstTokens[i];
      }
    }
    return times;
  }

  private double[] p99OfAdapters(float[][] times) {
    return Arrays.stream(times)
        .filter(own -> own.length >= FAIR_SAMPLE)
        .peek(Arrays::sort)
        .mapToDouble(own -> quantile(own, 0.99))
        .toArray();
  }

  private double leastServed(float[][] times) {
    double least = Double.NaN;
    for (int i = 0; i < times.length; i++) {
      if (arrivedOf[i] >= FAIR_SAMPLE) {
        double served = (double) times[i].length / arrivedOf[i];
        least = Double.isNaN(least) ? served : Math.min(least, served);
      }
    }
    return least;
  }

  private static double quantile(float[] sorted, double share) {
    return sorted.length == 0
        ? Double.NaN
        : sorted[(int) Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
  }
}
