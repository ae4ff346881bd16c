package dev.loragateway.registry;

import java.time.Duration;

/**
 * When an endpoint that fails requests is ejected for a while, and how one that is new or back is
 * eased in. The defaults are Envoy's, but for {@code maxEjectedPercent} (Envoy: 10) and {@code
 * slowStart} (Envoy: off), since pools of model servers are small and their batches fill fast.
 * Immutable.
 *
 * @param consecutiveErrors failed requests in a row that eject an endpoint; 0 = never
 * @param ejectionTime how long the first ejection lasts; the n-th in a row lasts n times as long
 * @param maxEjectionTime the longest that any lasts, at least {@code ejectionTime}
 * @param maxEjectedPercent share of a pool's endpoints that may be ejected at once, 0 to 100; one
 *     always may, but never the last that is up
 * @param slowStart how long an endpoint that comes to a serving pool gets less than its share; zero
 *     = off
 */
public record OutlierSettings(
    int consecutiveErrors,
    Duration ejectionTime,
    Duration maxEjectionTime,
    int maxEjectedPercent,
    Duration slowStart) {

  public static final OutlierSettings DEFAULTS =
      new OutlierSettings(
          5, Duration.ofSeconds(30), Duration.ofMinutes(5), 50, Duration.ofSeconds(10));
}
