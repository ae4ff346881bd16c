package dev.loragateway.config;

import dev.loragateway.registry.QueueSettings;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Reads how the requests of a pool wait. Stateless. */
final class QueueReader {
  private static final long KIB = 1024;
  private static final long TIB = KIB * KIB * KIB * KIB;
  private static final Duration HOUR = Duration.ofHours(1);

  private QueueReader() {}

  static QueueSettings read(Section queue) {
    QueueSettings defaults = QueueSettings.DEFAULTS;
    Map<String, Duration> priorities = priorities(queue);
    return new QueueSettings(
        queue.value("capacity", Quantities.integer(0, 1_000_000), defaults.capacity()),
        queue.value("bytes", Quantities.size(KIB, TIB), defaults.bytes()),
        queue.value("timeout", Quantities.duration(Duration.ofMillis(1), HOUR), defaults.timeout()),
        priorities,
        models(queue, priorities),
        queue.value("warmUp", Formats.BOOLEAN, defaults.warmUp()),
        queue.value("warmUpsPerSecond", Quantities.integer(1, 1000), defaults.warmUpsPerSecond()));
  }

  /** The classes of the file beside those that are always there. */
  private static Map<String, Duration> priorities(Section queue) {
    Map<String, Duration> priorities = new HashMap<>(QueueSettings.DEFAULTS.priorities());
    queue
        .entries("priorities", Formats.POOL_NAME, Quantities.durationOrOff(HOUR))
        .forEach((name, headStart) -> priorities.put(name, headStart.value()));
    return priorities;
  }

  private static Map<String, String> models(Section queue, Map<String, Duration> priorities) {
    Map<String, String> models = new HashMap<>();
    queue
        .entries("models", Formats.MODEL, Formats.POOL_NAME)
        .forEach(
            (model, priority) -> {
              models.put(model, priority.value());
              if (!priorities.containsKey(priority.value())) {
                queue.fault(
                    "models",
                    "%s of %s is no priority class (expected one of: %s)"
                        .formatted(
                            Text.quote(priority.value()),
                            Text.quote(model),
                            String.join(", ", priorities.keySet().stream().sorted().toList())));
              }
            });
    return models;
  }
}
