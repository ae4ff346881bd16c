package dev.loragateway.registry;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * How requests wait in the gateway while every endpoint that serves their model is saturated.
 * Immutable.
 *
 * @param capacity most requests that wait at once, 0 or more; 0 = none waits
 * @param bytes most bytes of bodies that wait at once
 * @param timeout how long a request waits at most, unless it says otherwise
 * @param priorities head start of each priority class: a request counts as having come that much
 *     earlier, so that a class goes first by its head start, and whoever waits longer catches up
 * @param models priority class of models whose requests do not name one
 * @param warmUp whether a waiting request may have its adapter loaded ahead of it
 * @param warmUpsPerSecond most such loads per second, at least 1
 */
public record QueueSettings(
    int capacity,
    long bytes,
    Duration timeout,
    Map<String, Duration> priorities,
    Map<String, String> models,
    boolean warmUp,
    int warmUpsPerSecond) {
  /** The class of a request that names none and whose model has none. */
  public static final String STANDARD = "standard";

  public static final QueueSettings DEFAULTS =
      new QueueSettings(
          1000,
          64L << 20,
          Duration.ofSeconds(30),
          Map.of(
              "premium",
              Duration.ofSeconds(20),
              STANDARD,
              Duration.ofSeconds(10),
              "batch",
              Duration.ZERO),
          Map.of(),
          true,
          10);

  public QueueSettings {
    priorities = Map.copyOf(priorities);
    models = Map.copyOf(models);
  }

  /**
   * Where a class stands among the others: 0 with the smallest head start, 1 with the largest, and
   * evenly between; equal ones together.
   */
  public double rank(String priority) {
    List<Duration> headStarts = priorities.values().stream().distinct().sorted().toList();
    int place = headStarts.indexOf(priorities.get(priority));
    return headStarts.size() < 2 ? 1 : (double) Math.max(0, place) / (headStarts.size() - 1);
  }

  /** The priority class of a request for {@code model} that does not name one. */
  public String priority(String model) {
    return models.getOrDefault(model, STANDARD);
  }
}
