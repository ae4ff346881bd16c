package dev.loragateway.routing;

import dev.loragateway.model.Endpoint;
import dev.loragateway.model.EndpointLoad;
import dev.loragateway.model.EndpointLoad.LoadedAdapters;
import dev.loragateway.model.EngineSleep;
import dev.loragateway.model.Health;
import dev.loragateway.model.ModelCard;
import dev.loragateway.model.Origin;
import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.registry.PoolSettings;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RegistryListener;
import dev.loragateway.registry.RoutingPolicy;
import dev.loragateway.registry.RoutingSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/** A registry of one pool whose endpoints tell what a test wants, on a clock that stands still. */
final class Cluster {
  final AtomicLong clock = new AtomicLong(1_000_000_000L);
  final EndpointRegistry registry =
      new EndpointRegistry(clock::get, new RegistryListener() {}, Runnable::run);
  final AdapterDemand demand = new AdapterDemand(clock::get);
  final RecentPlacements placements = new RecentPlacements();
  final EndpointPicker picker = new EndpointPicker(registry, demand, placements, new Random(1));
  final List<Endpoint> endpoints = new ArrayList<>();

  Cluster(int size, RoutingSettings routing) {
    this(size, PoolSettings.of("pool", "base").withRouting(routing));
  }

  Cluster(int size, PoolSettings settings) {
    for (int i = 0; i < size; i++) {
      endpoints.add(Endpoint.plain("pool", "10.0.0." + i, 8000));
    }
    registry.configure(Map.of(settings, endpoints));
  }

  /** Moves an endpoint to another cluster, before it is told anything of. */
  Cluster far(int endpoint) {
    Endpoint at = endpoints.get(endpoint);
    Origin west = new Origin("west", "", "");
    endpoints.set(
        endpoint, new Endpoint(at.pool(), at.address(), at.host(), at.port(), at.access(), west));
    registry.configure(Map.of(pool().settings(), endpoints));
    return this;
  }

  static RoutingSettings policy(RoutingPolicy policy) {
    return RoutingSettings.DEFAULTS.withPolicy(policy);
  }

  /**
   * Makes an endpoint list these adapters and be up and idle, with the named ones in its GPU slots.
   */
  Cluster up(int endpoint, List<String> adapters, int slots, String... resident) {
    List<ModelCard> cards = new ArrayList<>();
    cards.add(new ModelCard("base", null, null, 0, 4096));
    adapters.forEach(name -> cards.add(new ModelCard(name, "base", null, 0, 0)));
    registry.reportModels(endpoints.get(endpoint), cards);
    report(endpoint, 0, 0, 0.1, slots, Set.of(resident));
    registry.reportHealth(endpoints.get(endpoint), Health.UP);
    return this;
  }

  Cluster report(int endpoint, int running, int waiting, double kv, int slots, Set<String> gpu) {
    Endpoint at = endpoints.get(endpoint);
    registry.scrapeBegins(at);
    registry.report(
        at,
        new EndpointLoad(
            running, waiting, kv, slots, 1, Double.NaN, Set.of(), new LoadedAdapters(gpu, gpu)));
    return this;
  }

  /** As above, with adapters that are in host memory only. */
  void report(int endpoint, int running, int slots, Set<String> gpu, Set<String> cpu) {
    LoadedAdapters loaded = new LoadedAdapters(gpu, cpu);
    Endpoint at = endpoints.get(endpoint);
    registry.scrapeBegins(at);
    registry.report(at, new EndpointLoad(running, 0, 0.1, slots, 1, Double.NaN, Set.of(), loaded));
  }

  /** What an endpoint that is idle tells of its engine. */
  void sleeps(int endpoint, EngineSleep sleep) {
    Endpoint at = endpoints.get(endpoint);
    clock.incrementAndGet();
    registry.scrapeBegins(at);
    registry.report(
        at, new EndpointLoad(0, 0, 0, 4, 1, Double.NaN, Set.of(), 0, Map.of(), null, sleep, 0));
  }

  PoolSnapshot pool() {
    return registry.snapshot().pools().getFirst();
  }

  Pick pick(String model) {
    return picker.pick(PickRequest.of(model), pool());
  }

  Pick.Chosen choose(PickRequest request) {
    return (Pick.Chosen) picker.pick(request, pool());
  }

  Pick.Chosen choose(String model) {
    return choose(PickRequest.of(model));
  }

  static String address(Pick.Chosen chosen) {
    return chosen.dispatch().state().endpoint().address();
  }

  String address(int endpoint) {
    return endpoints.get(endpoint).address();
  }

  void pass(Duration time) {
    clock.addAndGet(time.toNanos());
  }
}
