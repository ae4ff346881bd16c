package dev.loragateway.bench.jmh;

import dev.loragateway.model.Endpoint;
import dev.loragateway.model.EndpointLoad;
import dev.loragateway.model.Health;
import dev.loragateway.model.ModelCard;
import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.registry.PoolSettings;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.QueueSettings;
import dev.loragateway.registry.RegistryListener;
import dev.loragateway.registry.RoutingPolicy;
import dev.loragateway.registry.RoutingSettings;
import dev.loragateway.registry.ScalingSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * One pool whose endpoints are up, list every adapter and hold {@link #SLOTS} of them each, with a
 * few requests of other clients under way. Confined to one thread.
 */
final class SyntheticPool {
  static final int SLOTS = 8;
  private static final int CPU_SLOTS = 16;

  final EndpointRegistry registry;
  final List<Endpoint> endpoints = new ArrayList<>();
  final String[] adapters;
  private final RandomGenerator random = RandomGenerator.of("L64X128MixRandom");

  SyntheticPool(int size, int adapters, RoutingPolicy policy, Executor drains) {
    this.registry = new EndpointRegistry(System::nanoTime, new RegistryListener() {}, drains);
    this.adapters = new String[adapters];
    for (int i = 0; i < adapters; i++) {
      this.adapters[i] = "acme/llama-3/task-" + i + "/v1";
    }
    for (int i = 0; i < size; i++) {
      endpoints.add(Endpoint.plain("llama", "10.0.%d.%d".formatted(i / 250, i % 250), 8000));
    }
    registry.configure(Map.of(settings(policy), endpoints));
    for (int i = 0; i < size; i++) {
      registry.reportModels(endpoints.get(i), cards(i));
      report(i);
      registry.reportHealth(endpoints.get(i), Health.UP);
    }
  }

  /** Scrapes stay fresh for as long as a benchmark runs. */
  private static PoolSettings settings(RoutingPolicy policy) {
    return new PoolSettings(
        "llama",
        "base",
        false,
        0,
        CPU_SLOTS,
        true,
        Duration.ofDays(1),
        Map.of(),
        RoutingSettings.DEFAULTS.withPolicy(policy),
        QueueSettings.DEFAULTS,
        ScalingSettings.DEFAULTS);
  }

  /** Every adapter; an endpoint's last ones, which its slots hold, are others at each endpoint. */
  private List<ModelCard> cards(int endpoint) {
    List<ModelCard> cards = new ArrayList<>();
    cards.add(new ModelCard("base", null, null, 0, 4096));
    for (int i = 0; i < adapters.length; i++) {
      String name = adapters[(i + (endpoint + 1) * SLOTS) % adapters.length];
      cards.add(new ModelCard(name, "base", null, 0, 0));
    }
    return cards;
  }

  /** A scrape of the endpoint, begun and answered. */
  void report(int endpoint) {
    Endpoint at = endpoints.get(endpoint);
    registry.scrapeBegins(at);
    registry.report(
        at, new EndpointLoad(random.nextInt(8), 0, 0.3, SLOTS, 1, Double.NaN, Set.of(), null));
  }

  PoolSnapshot snapshot() {
    return registry.snapshot().pools().getFirst();
  }

  /** Adapter names drawn by Zipf's law with exponent 1. */
  String[] zipf(int draws) {
    double[] cumulated = new double[adapters.length];
    double sum = 0;
    for (int i = 0; i < cumulated.length; i++) {
      sum += 1.0 / (i + 1);
      cumulated[i] = sum;
    }
    String[] names = new String[draws];
    for (int i = 0; i < draws; i++) {
      int at = java.util.Arrays.binarySearch(cumulated, random.nextDouble() * sum);
      names[i] = adapters[Math.min(at < 0 ? -at - 1 : at, adapters.length - 1)];
    }
    return names;
  }
}
