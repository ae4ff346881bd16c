package dev.loragateway.routing;

import java.time.Duration;

/**
 * How fast a queue moves: admissions per time during which anybody waited, both decayed with a
 * half-life of 10 s. Confined to its queue's lock.
 */
final class DrainRate {
  private static final double LAMBDA = Math.log(2) / Duration.ofSeconds(10).toNanos();

  private double admitted;
  private double waited;
  private long at = Long.MIN_VALUE;

  /** Lets time pass; {@code anybody} says whether requests waited since the last call. */
  void pass(long now, boolean anybody) {
    if (at != Long.MIN_VALUE && now > at) {
      double decay = Math.exp(-LAMBDA * (now - at));
      admitted *= decay;
      waited = waited * decay + (anybody ? (1 - decay) / LAMBDA : 0);
    }
    at = now;
  }

  void admitted() {
    admitted++;
  }

  /**
   * How long it takes until {@code requests} are admitted, in nanoseconds; 0 while too few were
   * admitted lately to tell.
   */
  long nanos(double requests) {
    return admitted < 1 ? 0 : (long) (requests * waited / admitted);
  }
}
