package dev.loragateway.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.LongStream;

/**
 * Counters and timers by name and labels, made when they are first asked for. A look-up costs more
 * than a count, so that what counts each request keeps what it got. Thread-safe.
 */
final class Meters {
  static final String PREFIX = "lora_gateway_";

  /** Buckets of the gateway's own time: it is measured in tens of microseconds. */
  static final Duration[] OVERHEAD_BUCKETS =
      LongStream.of(10, 25, 50, 100, 250, 500, 1000, 2500, 10_000, 100_000)
          .mapToObj(micros -> Duration.ofNanos(micros * 1000))
          .toArray(Duration[]::new);

  /** Buckets of what a model server takes. */
  static final Duration[] SERVER_BUCKETS =
      LongStream.of(5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000)
          .mapToObj(Duration::ofMillis)
          .toArray(Duration[]::new);

  private record Key(String meter, List<String> tags) {}

  private final MeterRegistry registry;
  private final ConcurrentHashMap<Key, Counter> counters = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Key, Timer> timers = new ConcurrentHashMap<>();

  Meters(MeterRegistry registry) {
    this.registry = registry;
  }

  /** The counter of a name without {@link #PREFIX}; tags are names and values in turn. */
  Counter counter(String name, String description, String... tags) {
    return meter(
        counters,
        name,
        tags,
        key ->
            Counter.builder(PREFIX + name).description(description).tags(tags).register(registry));
  }

  /** The timer of a name without {@link #PREFIX}; tags are names and values in turn. */
  Timer timer(String name, String description, Duration[] buckets, String... tags) {
    return meter(
        timers,
        name,
        tags,
        key ->
            Timer.builder(PREFIX + name)
                .description(description)
                .serviceLevelObjectives(buckets)
                .tags(tags)
                .register(registry));
  }

  private static <M> M meter(
      ConcurrentHashMap<Key, M> meters, String name, String[] tags, Function<Key, M> maker) {
    Key key = new Key(name, List.of(tags));
    M meter = meters.get(key);
    return meter != null ? meter : meters.computeIfAbsent(key, maker);
  }
}
