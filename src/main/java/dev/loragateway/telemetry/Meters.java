package dev.loragateway.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * The meters of each {@link Metric} by their labels' values, made when they are first asked for. A
 * look-up costs more than a count, so that what counts each request keeps what it got. Thread-safe.
 */
final class Meters {
  private record Key(Metric metric, List<String> values) {}

  private final MeterRegistry registry;
  private final ConcurrentHashMap<Key, Counter> counters = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Key, Timer> timers = new ConcurrentHashMap<>();

  Meters(MeterRegistry registry) {
    this.registry = registry;
  }

  /** Labels with these values, in the order of the metric's labels. */
  static Tags tags(Metric metric, String... values) {
    if (values.length != metric.labels().size()) {
      throw new IllegalArgumentException(
          metric + " has the labels " + metric.labels() + ", not " + values.length);
    }
    List<Tag> tags = new ArrayList<>();
    for (int i = 0; i < values.length; i++) {
      tags.add(Tag.of(metric.labels().get(i), values[i]));
    }
    return Tags.of(tags);
  }

  /** The counter for these values of the metric's labels. */
  Counter counter(Metric metric, String... values) {
    return meter(
        counters,
        metric,
        values,
        tags ->
            Counter.builder(metric.meter())
                .description(metric.help())
                .tags(tags)
                .register(registry));
  }

  /** The histogram for these values of the metric's labels. */
  Timer timer(Metric metric, String... values) {
    return meter(
        timers,
        metric,
        values,
        tags ->
            Timer.builder(metric.meter())
                .description(metric.help())
                .serviceLevelObjectives(metric.kind().buckets())
                .tags(tags)
                .register(registry));
  }

  /** A gauge whose rows are set all at once. */
  MultiGauge rows(Metric metric) {
    return MultiGauge.builder(metric.meter()).description(metric.help()).register(registry);
  }

  /** A row of such a gauge. */
  static MultiGauge.Row<?> row(Metric metric, Number value, String... values) {
    return MultiGauge.Row.of(tags(metric, values), value);
  }

  /** A gauge that reads from an object. */
  <T> void gauge(Metric metric, T from, ToDoubleFunction<T> value, String... values) {
    Gauge.builder(metric.meter(), from, value)
        .description(metric.help())
        .tags(tags(metric, values))
        .strongReference(true)
        .register(registry);
  }

  private static <M> M meter(
      ConcurrentHashMap<Key, M> meters, Metric metric, String[] values, Function<Tags, M> maker) {
    Key key = new Key(metric, List.of(values));
    M meter = meters.get(key);
    return meter != null
        ? meter
        : meters.computeIfAbsent(key, made -> maker.apply(tags(metric, values)));
  }
}
