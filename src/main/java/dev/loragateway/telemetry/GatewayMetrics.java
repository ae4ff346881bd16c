package dev.loragateway.telemetry;

import dev.loragateway.adapters.AdaptersListener;
import dev.loragateway.adapters.SleepListener;
import dev.loragateway.kubernetes.DiscoveryListener;
import dev.loragateway.model.Endpoint;
import dev.loragateway.model.GatewayError;
import dev.loragateway.proxy.ExchangeListener;
import dev.loragateway.proxy.ExchangeReport;
import dev.loragateway.proxy.Overload;
import dev.loragateway.proxy.ProxyContext;
import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RegistryListener;
import dev.loragateway.registry.RegistrySnapshot;
import dev.loragateway.routing.Admission;
import dev.loragateway.routing.Tier;
import dev.loragateway.scrape.ScrapeListener;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The gateway's meters, under the names of docs/metrics.md. The number of adapters that get a label
 * of their own is bounded; further ones share the label {@code other}. Thread-safe.
 */
public final class GatewayMetrics implements ExchangeListener, RegistryListener, ScrapeListener {
  private static final String OTHER = "other";
  private static final int MAX_ADAPTER_LABELS = 1000;

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Meters meters = new Meters(registry);
  private final Map<String, RequestMeters> pools = new ConcurrentHashMap<>();
  private final Set<String> adapterLabels = ConcurrentHashMap.newKeySet();
  private final MultiGauge up =
      gauge("endpoint_up", "1 when the endpoint may be picked, if need be once it is woken");
  private final MultiGauge asleep = gauge("endpoints_asleep", "Endpoints whose engine sleeps");
  private final MultiGauge inFlight =
      gauge("requests_in_flight", "Requests of this gateway under way at the endpoint");
  private final MultiGauge depth =
      gauge("queue_depth", "Requests that wait for a place in the gateway");
  private final MultiGauge desired =
      gauge("desired_endpoints", "Endpoints that the pool should have for its load and adapters");
  private final MultiGauge resident =
      gauge("adapters_resident", "Adapters that the endpoint holds, by level");

  private final MultiGauge accessSources =
      gauge("access_source_current", "1 while the newest content of a source of keys is in use");
  private volatile Supplier<Map<String, Boolean>> sources = Map::of;

  private final DiscoveryMetrics discovery = new DiscoveryMetrics(registry);

  /** The meters of discovery. */
  public DiscoveryListener discovery() {
    return discovery;
  }

  private final AdapterMetrics adapters = new AdapterMetrics(registry, meters);

  /** The meters of the control plane of adapters. */
  public AdaptersListener adapters() {
    return adapters;
  }

  private final SleepMetrics sleeps = new SleepMetrics(meters);

  /** The meters of engines that sleep. */
  public SleepListener sleeps() {
    return sleeps;
  }

  private MultiGauge gauge(String name, String description) {
    return MultiGauge.builder(Meters.PREFIX + name).description(description).register(registry);
  }

  @Override
  public void dispatched(String pool, String endpoint, Tier tier, boolean waited) {
    requests(pool).dispatched(endpoint, tier, waited);
  }

  @Override
  public void finished(ExchangeReport report) {
    requests(report.pool() == null ? OTHER : report.pool())
        .finished(report, adapterLabel(report.model()));
  }

  private RequestMeters requests(String pool) {
    RequestMeters known = pools.get(pool);
    return known != null
        ? known
        : pools.computeIfAbsent(pool, name -> new RequestMeters(meters, name));
  }

  @Override
  public void warmedUp(String pool, String endpoint, boolean loaded) {
    count(
        "warmups",
        "Adapters loaded ahead of the requests that wait for them",
        "pool",
        pool,
        "endpoint",
        endpoint,
        "loaded",
        Boolean.toString(loaded));
  }

  @Override
  public void retried(String reason) {
    count("retries", "Requests tried again", "reason", reason);
  }

  @Override
  public void rejected(GatewayError error) {
    count("rejections", "Errors that the gateway answered itself", "reason", error.reason());
  }

  @Override
  public void swapLearned(String pool, String endpoint, double millis) {
    meters
        .timer(
            "adapter_swap",
            "Swap time, estimated from how late the first byte was",
            Meters.SERVER_BUCKETS,
            "pool",
            pool,
            "endpoint",
            endpoint,
            "source",
            "estimated")
        .record((long) (millis * 1e6), TimeUnit.NANOSECONDS);
  }

  private String adapterLabel(@Nullable String model) {
    if (model == null) {
      return OTHER;
    }
    if (adapterLabels.contains(model)) {
      return model;
    }
    return adapterLabels.size() < MAX_ADAPTER_LABELS && adapterLabels.add(model) ? model : OTHER;
  }

  @Override
  public void swapped(Endpoint at, String adapter, @Nullable String victim, boolean recent) {
    count(
        "adapter_swaps",
        "Adapters that took a GPU slot",
        "pool",
        at.pool(),
        "endpoint",
        at.address());
    if (victim != null) {
      count(
          "adapter_evictions",
          "Adapters that lost a GPU slot; recent: used within the last 60 s",
          "pool",
          at.pool(),
          "endpoint",
          at.address(),
          "recent",
          Boolean.toString(recent));
    }
  }

  @Override
  public void ejected(Endpoint at) {
    count(
        "ejections",
        "Times that the endpoint was taken out because it failed requests",
        "pool",
        at.pool(),
        "endpoint",
        at.address());
  }

  @Override
  public void corrected(Endpoint at, int adapters) {
    meters
        .counter(
            "residency_corrections",
            "Adapters whose estimated residency a scrape put right",
            "pool",
            at.pool(),
            "endpoint",
            at.address())
        .increment(adapters);
  }

  @Override
  public void scraped(Endpoint at, long nanos, boolean ok) {
    meters
        .timer(
            "scrape",
            "Scrapes of the servers' metrics",
            Meters.SERVER_BUCKETS,
            "pool",
            at.pool(),
            "ok",
            Boolean.toString(ok))
        .record(nanos, TimeUnit.NANOSECONDS);
  }

  /** Renders every meter in Prometheus' text format, the gauges from this snapshot. */
  public synchronized String render(RegistrySnapshot snapshot, Admission admission) {
    List<MultiGauge.Row<?>> ups = new ArrayList<>();
    List<MultiGauge.Row<?>> flights = new ArrayList<>();
    List<MultiGauge.Row<?>> residents = new ArrayList<>();
    List<MultiGauge.Row<?>> depths = new ArrayList<>();
    List<MultiGauge.Row<?>> wanted = new ArrayList<>();
    List<MultiGauge.Row<?>> sleepers = new ArrayList<>();
    for (PoolSnapshot pool : snapshot.pools()) {
      Tags name = Tags.of("pool", pool.name());
      depths.add(MultiGauge.Row.of(name, admission.waiting(pool.name())));
      long asleepNow = pool.endpoints().stream().filter(EndpointState::asleep).count();
      sleepers.add(MultiGauge.Row.of(name, asleepNow));
      if (pool.scraped()) {
        wanted.add(MultiGauge.Row.of(name, admission.desiredEndpoints(pool)));
      }
      for (EndpointState at : pool.endpoints()) {
        Tags tags = Tags.of("pool", pool.name(), "endpoint", at.endpoint().address());
        ups.add(MultiGauge.Row.of(tags, at.up() || pool.wakes(at) ? 1 : 0));
        flights.add(MultiGauge.Row.of(tags, at.inFlight().total()));
        residents.add(MultiGauge.Row.of(tags.and("level", "gpu"), at.residency().gpu().size()));
        residents.add(MultiGauge.Row.of(tags.and("level", "cpu"), at.residency().cpu().size()));
      }
    }
    up.register(ups, true);
    depth.register(depths, true);
    asleep.register(sleepers, true);
    desired.register(wanted, true);
    inFlight.register(flights, true);
    resident.register(residents, true);
    showSources();
    return registry.scrape();
  }

  private void showSources() {
    List<MultiGauge.Row<?>> rows = new ArrayList<>();
    sources
        .get()
        .forEach(
            (name, newest) -> rows.add(MultiGauge.Row.of(Tags.of("source", name), newest ? 1 : 0)));
    accessSources.register(rows, true);
  }

  /** Adds a gauge of each source of keys: whether its newest content is in use. */
  public void observe(Supplier<Map<String, Boolean>> keys) {
    sources = keys;
  }

  /** Adds gauges of the whole process. */
  public void observe(ProxyContext proxy) {
    registry.gauge(Meters.PREFIX + "connections", proxy, ProxyContext::connections);
    registry.gauge(Meters.PREFIX + "buffered_bytes", proxy, ProxyContext::buffered);
    for (Overload.Resource resource : Overload.Resource.values()) {
      Gauge.builder(Meters.PREFIX + "pressure", proxy.overload(), known -> known.pressure(resource))
          .description("How much of a limit is in use; 1 = all of it")
          .tag("resource", resource.label())
          .register(registry);
    }
  }

  /** Limits were shared with other gateways, or could not be. */
  public void limitsShared(boolean well) {
    count("limit_syncs", "Exchanges of what callers used", "ok", Boolean.toString(well));
  }

  private void count(String name, String description, String... tags) {
    meters.counter(name, description, tags).increment();
  }
}
