package dev.loragateway.telemetry;

import dev.loragateway.kubernetes.DiscoveryListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Meters of how watching Kubernetes fares. Thread-safe. */
final class DiscoveryMetrics implements DiscoveryListener {
  private record Watched(String pool, String source) {
    Tags tags() {
      return Tags.of("pool", pool, "source", source);
    }
  }

  private final MeterRegistry registry;
  private final MultiGauge watching;
  private final AtomicInteger leads = new AtomicInteger();
  private final AtomicInteger controls = new AtomicInteger();
  private final Map<Watched, Boolean> sources = new ConcurrentHashMap<>();

  DiscoveryMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.watching =
        MultiGauge.builder(Meters.PREFIX + "discovery_watching")
            .description("1 while the source of endpoints is watched; else the last known are used")
            .register(registry);
    Gauge.builder(Meters.PREFIX + "annotations_leader", leads, AtomicInteger::get)
        .description("1 at the gateway that annotates pods")
        .register(registry);
    Gauge.builder(Meters.PREFIX + "adapters_leader", controls, AtomicInteger::get)
        .description("1 at the gateway that loads adapters and writes how they fare")
        .register(registry);
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
                entry -> MultiGauge.Row.of(entry.getKey().tags(), entry.getValue() ? 1 : 0))
            .toList();
    watching.register(rows, true);
  }

  @Override
  public void failed(String pool, String source, int code) {
    Counter.builder(Meters.PREFIX + "discovery_errors")
        .description("Requests to the Kubernetes API that failed; code 0 = without an answer")
        .tags("pool", pool, "code", Integer.toString(code))
        .register(registry)
        .increment();
  }

  @Override
  public void leads(boolean now) {
    leads.set(now ? 1 : 0);
  }

  @Override
  public void controls(boolean now) {
    controls.set(now ? 1 : 0);
  }

  @Override
  public void annotated(boolean done) {
    Counter.builder(Meters.PREFIX + "pod_annotations")
        .description("Patches of pods' annotations")
        .tags("done", Boolean.toString(done))
        .register(registry)
        .increment();
  }
}
