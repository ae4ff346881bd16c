package dev.loragateway.telemetry;

import dev.loragateway.adapters.AdapterPhase;
import dev.loragateway.adapters.AdapterStatus;
import dev.loragateway.adapters.AdaptersListener;
import dev.loragateway.model.Endpoint;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Meters of the control plane of adapters. Confined to the controller's thread. */
final class AdapterMetrics implements AdaptersListener {
  private final Meters meters;
  private final MultiGauge phases;
  private Map<AdapterPhase, Integer> shown = Map.of();

  AdapterMetrics(MeterRegistry registry, Meters meters) {
    this.meters = meters;
    this.phases =
        MultiGauge.builder(Meters.PREFIX + "adapters_declared")
            .description("Adapters that are declared, by how they fare")
            .register(registry);
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
                      MultiGauge.Row.of(
                          Tags.of("phase", phase.name().toLowerCase(Locale.ROOT)),
                          counts.getOrDefault(phase, 0)))
              .toList();
      phases.register(rows, true);
    }
  }

  @Override
  public void loaded(Endpoint at, String adapter, long nanos, boolean well) {
    meters
        .timer(
            "adapter_load",
            "Loads of adapters by the control plane, first token included",
            Meters.SERVER_BUCKETS,
            "pool",
            at.pool(),
            "endpoint",
            at.address(),
            "ok",
            Boolean.toString(well))
        .record(nanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void unloaded(Endpoint at, String adapter, boolean well) {
    meters
        .counter(
            "adapter_unloads",
            "Adapters that the control plane took away",
            "pool",
            at.pool(),
            "endpoint",
            at.address(),
            "ok",
            Boolean.toString(well))
        .increment();
  }
}
