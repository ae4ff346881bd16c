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
import dev.loragateway.registry.RegistryListener;
import dev.loragateway.registry.RegistrySnapshot;
import dev.loragateway.routing.Admission;
import dev.loragateway.routing.Tier;
import dev.loragateway.scrape.ScrapeListener;
import io.micrometer.core.instrument.MultiGauge;
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
  private final StateGauges state = new StateGauges(meters);
  private final MultiGauge accessSources = meters.rows(Metric.ACCESS_SOURCE_CURRENT);
  private volatile Supplier<Map<String, Boolean>> sources = Map::of;

  private final DiscoveryMetrics discovery = new DiscoveryMetrics(meters);

  /** The meters of discovery. */
  public DiscoveryListener discovery() {
    return discovery;
  }

  private final AdapterMetrics adapters = new AdapterMetrics(meters);

  /** The meters of the control plane of adapters. */
  public AdaptersListener adapters() {
    return adapters;
  }

  private final SleepMetrics sleeps = new SleepMetrics(meters);

  /** The meters of engines that sleep. */
  public SleepListener sleeps() {
    return sleeps;
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
    count(Metric.WARMUPS, pool, endpoint, Boolean.toString(loaded));
  }

  @Override
  public void retried(String reason) {
    count(Metric.RETRIES, reason);
  }

  @Override
  public void rejected(GatewayError error) {
    count(Metric.REJECTIONS, error.reason());
  }

  @Override
  public void swapLearned(String pool, String endpoint, double millis) {
    meters
        .timer(Metric.SWAP_TIME, pool, endpoint, "estimated")
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
    count(Metric.SWAPS, at.pool(), at.address());
    if (victim != null) {
      count(Metric.EVICTIONS, at.pool(), at.address(), Boolean.toString(recent));
    }
  }

  @Override
  public void ejected(Endpoint at) {
    count(Metric.EJECTIONS, at.pool(), at.address());
  }

  @Override
  public void corrected(Endpoint at, int adapters) {
    meters.counter(Metric.CORRECTIONS, at.pool(), at.address()).increment(adapters);
  }

  @Override
  public void scraped(Endpoint at, long nanos, boolean ok) {
    meters
        .timer(Metric.SCRAPE_TIME, at.pool(), Boolean.toString(ok))
        .record(nanos, TimeUnit.NANOSECONDS);
  }

  /**
   * Renders every meter in Prometheus' text format, the gauges from this snapshot.
   *
   * @param now in the registry's nanoseconds
   */
  public synchronized String render(RegistrySnapshot snapshot, Admission admission, long now) {
    state.show(snapshot, admission, now);
    showSources();
    return registry.scrape();
  }

  private void showSources() {
    List<MultiGauge.Row<?>> rows = new ArrayList<>();
    sources
        .get()
        .forEach(
            (name, newest) ->
                rows.add(Meters.row(Metric.ACCESS_SOURCE_CURRENT, newest ? 1 : 0, name)));
    accessSources.register(rows, true);
  }

  /** Adds a gauge of each source of keys: whether its newest content is in use. */
  public void observe(Supplier<Map<String, Boolean>> keys) {
    sources = keys;
  }

  /** Adds gauges of the whole process. */
  public void observe(ProxyContext proxy) {
    meters.gauge(Metric.CONNECTIONS, proxy, ProxyContext::connections);
    meters.gauge(Metric.BUFFERED_BYTES, proxy, ProxyContext::buffered);
    for (Overload.Resource resource : Overload.Resource.values()) {
      meters.gauge(
          Metric.PRESSURE, proxy.overload(), known -> known.pressure(resource), resource.label());
    }
  }

  /** A line of the access log was lost. */
  public void lineDropped() {
    count(Metric.ACCESS_LOG_DROPPED);
  }

  /** Limits were shared with other gateways, or could not be. */
  public void limitsShared(boolean well) {
    count(Metric.LIMIT_SYNCS, Boolean.toString(well));
  }

  private void count(Metric metric, String... values) {
    meters.counter(metric, values).increment();
  }
}
