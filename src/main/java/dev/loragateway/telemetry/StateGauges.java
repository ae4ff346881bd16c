package dev.loragateway.telemetry;

import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RegistrySnapshot;
import dev.loragateway.routing.Admission;
import io.micrometer.core.instrument.MultiGauge;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Gauges of what a snapshot of the registry shows. Confined to one caller at a time. */
final class StateGauges {
  private static final List<Metric> SHOWN =
      List.of(
          Metric.ENDPOINT_UP,
          Metric.ENDPOINTS_ASLEEP,
          Metric.REQUESTS_IN_FLIGHT,
          Metric.QUEUE_DEPTH,
          Metric.DESIRED_ENDPOINTS,
          Metric.ADAPTERS_RESIDENT,
          Metric.ADAPTERS_ACTIVE,
          Metric.SCRAPE_AGE);

  private final Map<Metric, MultiGauge> gauges = new EnumMap<>(Metric.class);
  private final Map<Metric, List<MultiGauge.Row<?>>> rows = new EnumMap<>(Metric.class);

  StateGauges(Meters meters) {
    SHOWN.forEach(metric -> gauges.put(metric, meters.rows(metric)));
  }

  /** Shows this snapshot. */
  void show(RegistrySnapshot snapshot, Admission admission, long now) {
    SHOWN.forEach(metric -> rows.put(metric, new ArrayList<>()));
    for (PoolSnapshot pool : snapshot.pools()) {
      add(Metric.QUEUE_DEPTH, admission.waiting(pool.name()), pool.name());
      long asleep = pool.endpoints().stream().filter(EndpointState::asleep).count();
      add(Metric.ENDPOINTS_ASLEEP, asleep, pool.name());
      if (pool.scraped()) {
        add(Metric.DESIRED_ENDPOINTS, admission.desiredEndpoints(pool), pool.name());
      }
      pool.endpoints().forEach(at -> add(at, pool, now));
    }
    rows.forEach((metric, all) -> Objects.requireNonNull(gauges.get(metric)).register(all, true));
  }

  private void add(EndpointState at, PoolSnapshot of, long now) {
    String pool = of.name();
    String address = at.endpoint().address();
    add(Metric.ENDPOINT_UP, at.up() || of.wakes(at) ? 1 : 0, pool, address);
    add(Metric.REQUESTS_IN_FLIGHT, at.inFlight().total(), pool, address);
    add(Metric.ADAPTERS_RESIDENT, at.residency().gpu().size(), pool, address, "gpu");
    add(Metric.ADAPTERS_RESIDENT, at.residency().cpu().size(), pool, address, "cpu");
    add(Metric.ADAPTERS_ACTIVE, at.inFlight().distinctAdapters(), pool, address);
    if (at.load() != null) {
      add(Metric.SCRAPE_AGE, (now - at.loadAt()) / 1e9, pool, address);
    }
  }

  private void add(Metric metric, Number value, String... values) {
    Objects.requireNonNull(rows.get(metric)).add(Meters.row(metric, value, values));
  }
}
