package dev.loragateway.bench.routing;

import dev.loragateway.model.Endpoint;
import dev.loragateway.model.Health;
import dev.loragateway.registry.Dispatch;
import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.registry.PoolSettings;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RegistryListener;
import dev.loragateway.routing.Pick;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;

/**
 * One gateway instance: the product's registry and a policy, between arrivals and servers. Confined
 * to one simulation.
 */
final class Gateway {
  private static final int FIRST_PORT = 1000;
  private static final int MAX_ATTEMPTS = 2;
  private static final long LAZY_DRAIN = 1_000_000_000L;
  static final String POOL = "pool";

  final EndpointRegistry registry;
  private final Simulation simulation;
  private final EventQueue events;
  private final Measures measures;
  private final Router router;
  private final long network;

  Gateway(Simulation simulation, SplittableRandom random) {
    this.simulation = simulation;
    this.events = simulation.events;
    this.measures = simulation.measures;
    this.network = ServerModel.nanos(simulation.spec.model().networkMs());
    RunSpec spec = simulation.spec;
    Policy policy = spec.policy();
    Executor drains = policy.looksAtResidency() ? Runnable::run : this::drainLater;
    registry = new EndpointRegistry(events::now, new RegistryListener() {}, drains);
    registry.configure(Map.of(settings(spec), endpoints()));
    for (ModelServer server : simulation.servers) {
      ScrapeLoop loop = new ScrapeLoop(this, server, endpoint(server.index), random.split());
      loop.start(spec);
    }
    router = policy.router(registry, simulation, random.split());
  }

  private static PoolSettings settings(RunSpec spec) {
    PoolSettings usual = PoolSettings.of(POOL, Adapters.BASE);
    return new PoolSettings(
        usual.name(),
        usual.baseModel(),
        false,
        0,
        spec.model().cpuSlots(spec.fleet().slots()),
        true,
        usual.staleAfter(),
        Map.of(),
        spec.routing().withPolicy(spec.policy().setting()),
        spec.queue(),
        usual.scaling());
  }

  private List<Endpoint> endpoints() {
    List<Endpoint> endpoints = new ArrayList<>();
    for (ModelServer server : simulation.servers) {
      endpoints.add(endpoint(server.index));
    }
    return endpoints;
  }

  private static Endpoint endpoint(int index) {
    return Endpoint.plain(POOL, "10.0.0.1", FIRST_PORT + index);
  }

  /** Touches may wait where the policy does not look at what they change. */
  private void drainLater(Runnable drain) {
    events.at(events.now() + LAZY_DRAIN, kind -> drain.run(), 0);
  }

  EventQueue events() {
    return events;
  }

  Adapters adapters() {
    return simulation.adapters;
  }

  /** Sends the request to an endpoint, lets it wait for one, or fails it. */
  void arrive(Request request) {
    PoolSnapshot pool = registry.snapshot().pools().getFirst();
    String model = simulation.adapters.name(request.adapter);
    settle(request, router.route(request, model, pool));
  }

  /** Goes on with a request as was decided. */
  void settle(Request request, Pick pick) {
    if (pick instanceof Pick.Chosen chosen) {
      send(request, chosen);
    } else if (pick instanceof Pick.Queued queued) {
      waits(request, queued);
    } else {
      fail(request);
    }
  }

  private void waits(Request request, Pick.Queued queued) {
    long timeout = simulation.spec.queue().timeout().toNanos();
    events.at(
        events.now() + timeout,
        kind -> {
          if (queued.leave()) {
            fail(request);
          }
        },
        0);
  }

  /** Something changed that may free places. */
  void changed() {
    router.changed();
  }

  int waiting() {
    return router.waiting();
  }

  private void send(Request request, Pick.Chosen chosen) {
    Dispatch dispatch = chosen.dispatch();
    request.attempts++;
    request.dispatch = dispatch;
    request.dispatchedAt = events.now();
    request.server = simulation.servers[dispatch.state().endpoint().port() - FIRST_PORT];
    events.at(events.now() + network, request, Request.RECEIVED);
  }

  /** The server has the request: was the estimate right? */
  void received(Request request) {
    if (request.adapter != Adapters.NONE) {
      measures.estimated(
          request.dispatch().residency(), request.server().slots.inGpu(request.adapter));
    }
  }

  void first(Request request) {
    request.firstAt = events.now();
    request.dispatch().answered();
    measures.first(request, events.now());
    if (!request.dispatch().resident()) {
      changed();
    }
  }

  void last(Request request) {
    double first = (request.firstAt - request.dispatchedAt) / 1e6;
    double rest = (events.now() - request.firstAt) / 1e6;
    request.dispatch().streamed(first, rest, request.outputTokens);
    request.dispatch().finished();
    measures.last(request);
    changed();
  }

  void unreachable(Request request) {
    Endpoint endpoint = request.dispatch().state().endpoint();
    request.dispatch().refused();
    registry.unreachable(endpoint);
    registry.drain();
    changed();
    retry(request, endpoint);
  }

  void broken(Request request) {
    request.dispatch().finished();
    changed();
    retry(request, request.dispatch().state().endpoint());
  }

  private void retry(Request request, Endpoint failed) {
    request.tried(failed.address());
    if (request.firstAt != 0 || request.attempts >= MAX_ATTEMPTS) {
      fail(request);
    } else {
      arrive(request);
    }
  }

  void fail(Request request) {
    measures.failed(request);
  }

  /** Takes in everything about a server that has just come up. */
  void rise(Endpoint endpoint, ModelServer server) {
    registry.reportModels(endpoint, simulation.adapters.cards);
    registry.scrapeBegins(endpoint);
    registry.report(
        endpoint, server.load(events.now(), simulation.spec.policy().looksAtResidency()));
    registry.reportHealth(endpoint, Health.UP);
    changed();
  }
}
