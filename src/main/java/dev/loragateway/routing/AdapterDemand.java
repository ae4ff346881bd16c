package dev.loragateway.routing;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/**
 * How often each model is asked for: an exponential moving average of its request rate with a
 * half-life of 30 s. Thread-safe.
 */
public final class AdapterDemand {
  private static final double HALF_LIFE_NANOS = Duration.ofSeconds(30).toNanos();

  /** Decay per nanosecond. */
  private static final double LAMBDA = Math.log(2) / HALF_LIFE_NANOS;

  private static final int MAX_MODELS = 100_000;

  /** Decayed number of requests at a time. */
  private record Mass(double requests, long at) {
    double at(long now) {
      return requests * Math.exp(-LAMBDA * Math.max(0, now - at));
    }
  }

  private final LongSupplier clock;
  private final Cache<String, AtomicReference<Mass>> masses =
      Caffeine.newBuilder().maximumSize(MAX_MODELS).build();

  /** Counts with the given clock, in nanoseconds. */
  public AdapterDemand(LongSupplier clock) {
    this.clock = clock;
  }

  /** Counts one request; returns the model's rate, in requests per second. */
  public double add(String model) {
    long now = clock.getAsLong();
    AtomicReference<Mass> mass = masses.get(model, name -> new AtomicReference<>(new Mass(0, now)));
    Mass next = mass.updateAndGet(old -> new Mass(old.at(now) + 1, now));
    return next.requests() * LAMBDA * 1e9;
  }

  /** The model's rate, in requests per second. */
  public double rate(String model) {
    AtomicReference<Mass> mass = masses.getIfPresent(model);
    return mass == null ? 0 : mass.get().at(clock.getAsLong()) * LAMBDA * 1e9;
  }
}
