package dev.loragateway.telemetry;

import dev.loragateway.kubernetes.DiscoveryListener;
import io.micrometer.core.instrument.MultiGauge;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Meters of how watching Kubernetes fares. Thread-safe. */
final class DiscoveryMetrics implements DiscoveryListener {
  private record Watched(String pool, String source) {}

  private final Meters meters;
  private final MultiGauge watching;
  private final AtomicInteger leads = new AtomicInteger();
  private final Map<Watched, Boolean> sources = new ConcurrentHashMap<>();

  DiscoveryMetrics(Meters meters) {
    this.meters = meters;
    this.watching = meters.rows(Metric.DISCOVERY_WATCHING);
    meters.gauge(Metric.ANNOTATIONS_LEADER, leads, AtomicInteger::get);
  }

  @Override
  public void watching(String pool, String source, boolean works) {
    Boolean before = sources.put(new Watched(pool, source), works);
    if (before == null || before != works) {
      show();
    }
  }

  @Override
  public void stopped(String pool, String source) {
    sources.remove(new Watched(pool, source));
    show();
  }

  private void show() {
    List<MultiGauge.Row<?>> rows =
        sources.entrySet().stream()
            .<MultiGauge.Row<?>>map(
                entry ->
                    Meters.row(
                        Metric.DISCOVERY_WATCHING,
                        entry.getValue() ? 1 : 0,
                        entry.getKey().pool(),
                        entry.getKey().source()))
            .toList();
    watching.register(rows, true);
  }

  @Override
  public void failed(String pool, String source, int code) {
    meters.counter(Metric.DISCOVERY_ERRORS, pool, Integer.toString(code)).increment();
  }

  @Override
  public void leads(boolean now) {
    leads.set(now ? 1 : 0);
  }

  @Override
  public void annotated(boolean done) {
    meters.counter(Metric.POD_ANNOTATIONS, Boolean.toString(done)).increment();
  }
}
