package dev.loragateway.bench.routing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Policies against each other: for each workload and fleet the highest rate that each policy
 * sustains within the objective, and what each does at one common rate. Confined to one thread.
 */
final class Comparison {
  /** Gateways beside each other, for the comparison of their number. */
  static final List<Integer> GATEWAYS = List.of(2, 4, 8);

  /**
   * The load at which endpoints are counted, as a share of what the gateway's own policy sustains.
   */
  private static final double PLANNED = 0.95;

  /** No more endpoints than so many times the fleet's are tried. */
  static final int MOST = 4;

  /** How many times what the gateway's own policy sustains is asked of it when overloaded. */
  static final double OVERLOAD = 3;

  /**
   * How long a request may wait in the gateway then: what is left for the server is time enough.
   */
  private static final Duration PATIENCE = Duration.ofMillis(300);

  /** The common rate, as a share of what least-request sustains. */
  private static final double COMMON = 0.9;

  private final Options options;
  private final Map<Key, Double> rates = new ConcurrentHashMap<>();
  private final Map<Key, RunResult> common = new ConcurrentHashMap<>();
  private final Map<Key, Double> commonRates = new ConcurrentHashMap<>();
  private final Map<Key, Integer> endpoints = new ConcurrentHashMap<>();
  private final Map<Key, RunResult> overloaded = new ConcurrentHashMap<>();

  Comparison(Options options) {
    this.options = options;
  }

  Options options() {
    return options;
  }

  /** Looks for the highest rates, then runs each policy at the common one. */
  void search() {
    Workers workers = new Workers();
    for (Key key : keys()) {
      workers.add(weight(key), () -> rates.put(key, rate(key)));
    }
    if (options.scaling()) {
      for (Fleet fleet : options.fleets()) {
        for (int gateways : GATEWAYS) {
          Key key = new Key(fleet, Workload.of("zipf-1.0"), Policy.LORA_AWARE, gateways);
          workers.add(weight(key), () -> rates.put(key, rate(key)));
        }
      }
    }
    workers.run(options.threads());
    runCommon(workers);
    if (options.scaling()) {
      countEndpoints(workers);
      overload(workers);
    }
    workers.run(options.threads());
  }

  private void runCommon(Workers workers) {
    for (Key key : keys()) {
      double rate = COMMON * reference(key);
      commonRates.put(key, rate);
      if (rate > 0) {
        RunSpec spec = options.spec(key, options.seed()).withRate(rate).lasting(options.requests());
        workers.add(weight(key) / 4, () -> common.put(key, Simulation.run(spec, false)));
      }
    }
  }

  private double reference(Key key) {
    Double least = rates.get(key.with(Policy.LEAST_REQUEST));
    return least != null
        ? least
        : options.policies().stream().mapToDouble(p -> rate(key.with(p), 0)).min().orElse(0);
  }

  private void countEndpoints(Workers workers) {
    for (Fleet fleet : options.fleets()) {
      Key ours = new Key(fleet, Workload.of("zipf-1.0"), Policy.LORA_AWARE, options.gateways());
      double rate = PLANNED * rate(ours, 0);
      for (Policy policy : options.policies()) {
        Key key = ours.with(policy);
        RunSpec spec = options.spec(key, options.seed()).withRate(rate);
        if (rate > 0) {
          workers.add(
              weight(key) * 2,
              () ->
                  endpoints.put(
                      key,
                      Search.fewestEndpoints(spec, MOST * fleet.endpoints(), options.requests())));
        }
      }
    }
  }

  private void overload(Workers workers) {
    for (Fleet fleet : options.fleets()) {
      Key key = new Key(fleet, Workload.of("zipf-1.0"), Policy.LORA_AWARE, options.gateways());
      RunSpec spec =
          options
              .spec(key, options.seed())
              .withRate(OVERLOAD * rate(key, 0))
              .withQueueTimeout(PATIENCE)
              .lasting(options.requests());
      workers.add(weight(key), () -> overloaded.put(key, Simulation.run(spec, false)));
    }
  }

  /** Runs each policy at the same given rate. */
  void runAt(double rate) {
    Workers workers = new Workers();
    for (Key key : keys()) {
      RunSpec spec = options.spec(key, options.seed()).withRate(rate).lasting(options.requests());
      commonRates.put(key, rate);
      workers.add(weight(key), () -> common.put(key, Simulation.run(spec, false)));
    }
    workers.run(options.threads());
  }

  private double rate(Key key) {
    List<Double> found = new ArrayList<>();
    LongStream.range(0, options.seeds())
        .forEach(
            i ->
                found.add(
                    Search.highestRate(
                        options.spec(key, options.seed() + i),
                        options.tolerance(),
                        options.requests())));
    Collections.sort(found);
    return found.get((found.size() - 1) / 2);
  }

  /** How long a search takes, roughly. */
  private static double weight(Key key) {
    double scrapes = key.policy().looksAtResidency() ? 4.0 * key.gateways() : 1;
    return scrapes * key.fleet().endpoints() * Math.sqrt(key.fleet().endpoints());
  }

  /** How fast the simulation was. */
  String speed() {
    return Speed.summary();
  }

  List<Key> keys() {
    List<Key> keys = new ArrayList<>();
    for (Fleet fleet : options.fleets()) {
      for (Workload workload : options.workloads()) {
        for (Policy policy : options.policies()) {
          keys.add(new Key(fleet, workload, policy, options.gateways()));
        }
      }
    }
    return keys;
  }

  /** The highest rate, or {@code otherwise} where none was looked for. */
  double rate(Key key, double otherwise) {
    return rates.getOrDefault(key, otherwise);
  }

  boolean has(Key key) {
    return rates.containsKey(key);
  }

  /** What the policy did at the common rate; null where it was not run. */
  @Nullable RunResult atCommonRate(Key key) {
    return common.get(key);
  }

  /** What the gateway's own policy did in overload; null where it was not run. */
  @Nullable RunResult overloaded(Key key) {
    return overloaded.get(key);
  }

  double commonRate(Key key) {
    return commonRates.getOrDefault(key, 0.0);
  }

  /** Endpoints that each policy needs for the planned load, in the order of the policies. */
  List<Map.Entry<Key, Integer>> endpointsNeeded() {
    List<Map.Entry<Key, Integer>> sorted = new ArrayList<>(endpoints.entrySet());
    sorted.sort(
        Comparator.comparingInt((Map.Entry<Key, Integer> e) -> e.getKey().fleet().endpoints())
            .thenComparing(e -> e.getKey().policy()));
    return sorted;
  }
}
