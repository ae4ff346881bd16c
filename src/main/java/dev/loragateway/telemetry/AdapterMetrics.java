package dev.loragateway.telemetry;

import dev.loragateway.adapters.AdapterPhase;
import dev.loragateway.adapters.AdapterStatus;
import dev.loragateway.adapters.AdaptersListener;
import dev.loragateway.model.Endpoint;
import io.micrometer.core.instrument.MultiGauge;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Meters of the control plane of adapters. Confined to the controller's thread. */
final class AdapterMetrics implements AdaptersListener {
  private final Meters meters;
  private final MultiGauge phases;
  private final AtomicInteger leads = new AtomicInteger();
  private Map<AdapterPhase, Integer> shown = Map.of();

  AdapterMetrics(Meters meters) {
    this.meters = meters;
    this.phases = meters.rows(Metric.ADAPTERS_DECLARED);
    meters.gauge(Metric.ADAPTERS_LEADER, leads, AtomicInteger::get);
  }

  @Override
  public void leads(boolean now) {
    leads.set(now ? 1 : 0);
  }

  @Override
  public void changed(Map<String, AdapterStatus> statuses) {
    Map<AdapterPhase, Integer> counts = new EnumMap<>(AdapterPhase.class);
    statuses.values().forEach(status -> counts.merge(status.phase(), 1, Integer::sum));
    if (!counts.equals(shown)) {
      shown = counts;
      List<MultiGauge.Row<?>> rows =
          Arrays.stream(AdapterPhase.values())
              .<MultiGauge.Row<?>>map(
                  phase ->
                      Meters.row(
                          Metric.ADAPTERS_DECLARED,
                          counts.getOrDefault(phase, 0),
                          phase.name().toLowerCase(Locale.ROOT)))
              .toList();
      phases.register(rows, true);
    }
  }

  @Override
  public void loaded(Endpoint at, String adapter, long nanos, boolean well) {
    meters
        .timer(Metric.LOAD_TIME, at.pool(), at.address(), Boolean.toString(well))
        .record(nanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void unloaded(Endpoint at, String adapter, boolean well) {
    meters.counter(Metric.UNLOADS, at.pool(), at.address(), Boolean.toString(well)).increment();
  }
}
