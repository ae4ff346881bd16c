package dev.loragateway.bench.adapters;

import dev.loragateway.adapters.AdapterCatalog;
import dev.loragateway.adapters.AdapterCatalog.Declared;
import dev.loragateway.adapters.AdapterController;
import dev.loragateway.adapters.AdapterPhase;
import dev.loragateway.adapters.AdapterSettings;
import dev.loragateway.adapters.AdapterSource;
import dev.loragateway.adapters.AdapterSpec;
import dev.loragateway.adapters.AdaptersListener;
import dev.loragateway.adapters.Contents;
import dev.loragateway.adapters.Lead;
import dev.loragateway.adapters.Preferences;
import dev.loragateway.adapters.Replicas;
import dev.loragateway.adapters.ServerCalls;
import dev.loragateway.model.Endpoint;
import dev.loragateway.model.EndpointLoad;
import dev.loragateway.model.Health;
import dev.loragateway.model.ModelCard;
import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.registry.PoolSettings;
import dev.loragateway.registry.RegistryListener;
import dev.loragateway.routing.AdapterDemand;
import dev.loragateway.sim.SimFault;
import dev.loragateway.sim.SimulatedServer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * How long single loads take in one turn of the control plane over fresh servers, with or without
 * one that answers nothing. Confined to one thread.
 */
final class LoadTimes {
  private static final int SLOTS = 8;
  private static final long POLL_MILLIS = 20;

  private final Path directory;
  private final int endpoints;
  private final int adapters;
  private final int loadMillis;

  LoadTimes(Path directory, int endpoints, int adapters, int loadMillis) {
    this.directory = directory;
    this.endpoints = endpoints;
    this.adapters = adapters;
    this.loadMillis = loadMillis;
  }

  /** Loads all, and returns how long each took at the endpoints that answer, in milliseconds. */
  List<Double> measure(boolean hanging) throws InterruptedException {
    ConcurrentLinkedQueue<Double> millis = new ConcurrentLinkedQueue<>();
    try (Servers servers = new Servers(endpoints, adapters, loadMillis)) {
      SimulatedServer broken = servers.all().getFirst();
      if (hanging) {
        broken.faults().everywhere(true);
        broken.faults().on(SimFault.HANG);
      }
      AdaptersListener listener =
          new AdaptersListener() {
            @Override
            public void loaded(Endpoint at, String adapter, long nanos, boolean well) {
              if (well && !at.address().equals(broken.address())) {
                millis.add(nanos / 1e6);
              }
            }
          };
      try (ServerCalls calls =
              new ServerCalls(pool -> "vllm", () -> AdapterSettings.Loading.DEFAULTS, () -> Set.of());
          AdapterController controller = controller(servers, calls, listener)) {
        controller.start();
        while (!allReady(controller)) {
          Thread.sleep(POLL_MILLIS);
        }
      }
    }
    return new ArrayList<>(millis);
  }

  private boolean allReady(AdapterController controller) {
    return controller.statuses().size() == adapters
        && controller.statuses().values().stream()
            .allMatch(status -> status.phase() == AdapterPhase.READY);
  }

  private AdapterController controller(
      Servers servers, ServerCalls calls, AdaptersListener listener) {
    EndpointRegistry registry =
        new EndpointRegistry(System::nanoTime, new RegistryListener() {}, Runnable::run);
    List<Endpoint> there =
        servers.all().stream()
            .map(server -> Endpoint.plain("pool", "127.0.0.1", server.port()))
            .toList();
    registry.configure(Map.of(PoolSettings.of("pool", "base"), there));
    there.forEach(endpoint -> up(registry, endpoint));
    AdapterCatalog catalog = new AdapterCatalog();
    catalog.expect(Set.of(AdapterCatalog.CONFIGURATION));
    List<Declared> declared = new ArrayList<>();
    for (int i = 0; i < adapters; i++) {
      String name = Servers.name(i);
      AdapterSource source = AdapterSource.directory(directory.resolve(name));
      AdapterSpec spec =
          new AdapterSpec(name, "base", source, Replicas.of(1), Preferences.NONE, List.of());
      declared.add(new Declared(spec, AdapterCatalog.CONFIGURATION));
    }
    catalog.declare(AdapterCatalog.CONFIGURATION, declared);
    return new AdapterController(
        new AdapterController.Parts(
            registry,
            catalog,
            new AdapterDemand(System::nanoTime),
            pool -> Map.of(),
            calls,
            new Contents()::of,
            Lead.ALONE),
        () -> AdapterSettings.NONE,
        listener);
  }

  private static void up(EndpointRegistry registry, Endpoint endpoint) {
    registry.modelsBegin(endpoint);
    registry.reportModels(endpoint, List.of(new ModelCard("base", null, null, 0, 4096)));
    registry.scrapeBegins(endpoint);
    registry.report(endpoint, new EndpointLoad(0, 0, 0, SLOTS, 1, Double.NaN, Set.of(), null));
    registry.reportHealth(endpoint, Health.UP);
  }
}
