package dev.loragateway.server;

import dev.loragateway.adapters.AdapterCatalog;
import dev.loragateway.adapters.AdapterCatalog.Declared;
import dev.loragateway.adapters.AdapterController;
import dev.loragateway.adapters.AdapterSettings;
import dev.loragateway.adapters.AdapterStatus;
import dev.loragateway.adapters.AdapterStatuses;
import dev.loragateway.adapters.AdaptersListener;
import dev.loragateway.adapters.AddedAdapters;
import dev.loragateway.adapters.AwakeServers;
import dev.loragateway.adapters.Contents;
import dev.loragateway.adapters.DirectoryCatalog;
import dev.loragateway.adapters.Lead;
import dev.loragateway.adapters.PoolSleep;
import dev.loragateway.adapters.ServerCalls;
import dev.loragateway.config.GatewayConfig;
import dev.loragateway.config.GatewayConfig.Pool;
import dev.loragateway.kubernetes.AdapterObjects;
import dev.loragateway.kubernetes.AdapterObjectsSink;
import dev.loragateway.kubernetes.DiscoveryListener;
import dev.loragateway.kubernetes.KubernetesClients;
import dev.loragateway.model.Endpoint;
import dev.loragateway.model.UpstreamTls;
import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.routing.AdapterDemand;
import dev.loragateway.telemetry.GatewayMetrics;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The control plane of adapters and of engines that sleep, put together; none of it runs until a
 * configuration declares adapters, or has a pool sleep. {@link #apply} and {@link #close} are
 * called by one thread at a time; the others are thread-safe.
 */
final class AdapterControl implements AdapterStatuses, AutoCloseable {
  private final EndpointRegistry registry;
  private final AdapterDemand demand;
  private final Function<String, Map<String, Integer>> waiting;
  private final Supplier<GatewayConfig> config;
  private final AdaptersListener listener;
  private final DiscoveryListener discovery;
  private final Runnable served;
  private final AdapterCatalog catalog = new AdapterCatalog();
  private final AddedAdapters added = new AddedAdapters(catalog);
  private final ServerCalls calls;
  private final AwakeServers servers;
  private final PoolSleep sleep;
  private final AdapterObjects objects;
  private final Lead lead = new LeadOfObjects();
  private @Nullable DirectoryCatalog directory;
  private volatile @Nullable AdapterController controller;

  /**
   * Puts it together.
   *
   * @param waiting requests that wait in a pool, by model
   * @param config the one in force
   * @param served run whenever other names may be served than before
   */
  AdapterControl(
      EndpointRegistry registry,
      AdapterDemand demand,
      Function<String, Map<String, Integer>> waiting,
      Supplier<GatewayConfig> config,
      GatewayMetrics metrics,
      Runnable served) {
    this.registry = registry;
    this.demand = demand;
    this.waiting = waiting;
    this.config = config;
    this.listener = metrics.adapters();
    this.discovery = metrics.discovery();
    this.objects =
        new AdapterObjects(KubernetesClients::connect, new Told(), this::held, discovery);
    this.served = served;
    this.calls = new ServerCalls(this::engine, () -> settings().loading(), this::tls);
    this.servers = new AwakeServers(calls);
    this.sleep =
        new PoolSleep(
            new PoolSleep.Parts(registry, calls, servers, lead), metrics.sleeps(), served);
  }

  private AdapterSettings settings() {
    return config.get().adapters();
  }

  private Set<UpstreamTls> tls() {
    return registry.snapshot().pools().stream()
        .flatMap(pool -> pool.endpoints().stream())
        .map(state -> state.endpoint().access().tls())
        .filter(Objects::nonNull)
        .collect(Collectors.toSet());
  }

  private String engine(String pool) {
    for (Pool configured : config.get().pools()) {
      if (configured.settings().name().equals(pool)) {
        return configured.scrape().engine().name().toLowerCase(Locale.ROOT);
      }
    }
    return "";
  }

  /** Puts what a configuration says of adapters in force. */
  void apply(GatewayConfig next) {
    if (next.pools().stream().anyMatch(pool -> pool.settings().sleep() != null)) {
      sleep.start();
    }
    AdapterSettings adapters = next.adapters();
    if (controller == null && !adapters.declares()) {
      return;
    }
    Set<String> origins = new HashSet<>();
    origins.add(AdapterCatalog.CONFIGURATION);
    if (adapters.directory() != null) {
      origins.add(AdapterCatalog.DIRECTORY);
    }
    if (adapters.file() != null) {
      origins.add(AdapterCatalog.API);
    }
    if (adapters.cluster() != null) {
      origins.add(AdapterCatalog.KUBERNETES);
    }
    catalog.expect(origins);
    catalog.declare(
        AdapterCatalog.CONFIGURATION,
        adapters.list().stream()
            .map(spec -> new Declared(spec, AdapterCatalog.CONFIGURATION))
            .toList());
    added.use(adapters.file());
    follow(adapters.directory());
    objects.follow(
        adapters.cluster(), next.annotations().leaseNamespace(), next.annotations().leaseName());
    AdapterController running = controller;
    if (running == null) {
      controller = started();
    } else {
      running.changed();
    }
  }

  private void follow(AdapterSettings.@Nullable Directory wanted) {
    DirectoryCatalog now = directory;
    if (now != null && !now.settings().equals(wanted)) {
      now.close();
      discovery.stopped("", source(now.settings()));
      now = null;
    }
    if (now == null && wanted != null) {
      String source = source(wanted);
      now = new DirectoryCatalog(wanted, catalog, works -> discovery.watching("", source, works));
      now.start();
    }
    directory = now;
  }

  private static String source(AdapterSettings.Directory directory) {
    return "adapters in " + directory.path();
  }

  private AdapterController started() {
    AdapterController started =
        new AdapterController(
            new AdapterController.Parts(
                registry, catalog, demand, waiting, servers, new Contents()::of, lead),
            this::settings,
            new Told());
    started.start();
    return started;
  }

  /** Where objects declare adapters, the gateway that writes them acts; else each one does. */
  private final class LeadOfObjects implements Lead {
    @Override
    public boolean leads() {
      return settings().cluster() == null || objects.leads();
    }

    @Override
    public Map<String, List<AdapterStatus.Copy>> remembered() {
      return objects.remembered();
    }
  }

  private boolean held(String adapter) {
    AdapterController running = controller;
    return running == null || running.holds(adapter);
  }

  private final class Told implements AdaptersListener, AdapterObjectsSink {
    @Override
    public void declared(List<Declared> adapters) {
      catalog.declare(AdapterCatalog.KUBERNETES, adapters);
    }

    @Override
    public void ready(String model, String revision, Set<String> addresses) {
      AdapterController running = controller;
      if (running != null) {
        running.ready(model, revision, addresses);
      }
    }

    @Override
    public void used(String model, Instant at) {
      AdapterController running = controller;
      if (running != null) {
        running.used(model, at);
      }
    }

    @Override
    public void leads(boolean leads) {
      listener.leads(leads);
    }

    @Override
    public void used(String adapter) {
      objects.used(adapter);
    }

    @Override
    public void changed(Map<String, AdapterStatus> statuses) {
      served.run();
      listener.changed(statuses);
      objects.changed(statuses);
    }

    @Override
    public void loaded(Endpoint at, String adapter, long nanos, boolean well) {
      listener.loaded(at, adapter, nanos, well);
    }

    @Override
    public void unloaded(Endpoint at, String adapter, boolean well) {
      listener.unloaded(at, adapter, well);
    }
  }

  /** A request waits for a model that no endpoint has. Does not block. */
  void absent(String model) {
    AdapterController running = controller;
    if (running != null) {
      running.absent(model);
    }
  }

  /** A request waits in a pool of which engines sleep. Does not block. */
  void asleep(String pool) {
    sleep.wanted(pool);
  }

  /** What is declared. */
  AdapterCatalog catalog() {
    return catalog;
  }

  /** What operators added. */
  AddedAdapters added() {
    return added;
  }

  @Override
  public Map<String, AdapterStatus> statuses() {
    AdapterController running = controller;
    return running == null ? Map.of() : running.statuses();
  }

  @Override
  public void close() {
    AdapterController running = controller;
    follow(null);
    if (running != null) {
      running.close();
    }
    sleep.close();
    objects.close();
    calls.close();
  }
}
