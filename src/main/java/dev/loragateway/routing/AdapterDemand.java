package dev.loragateway.routing;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * How often each model is asked for, an exponential moving average of its request rate with a
 * half-life of 30 s, and on how many homes it is spread for that. Thread-safe.
 */
/*
 * The number of requests, each halved every half-life, is a straight line when drawn as a logarithm
 * to base 2 over time in half-lives. So one number says it all: where the line meets zero, the time
 * at which the decayed number will be one. It needs no update as time passes.
 */
public final class AdapterDemand {
  private static final double HALF_LIFE_NANOS = Duration.ofSeconds(30).toNanos();
  private static final double LN_2 = Math.log(2);

  /** Requests per second that keep the decayed number at one. */
  private static final double RATE = LN_2 / HALF_LIFE_NANOS * 1e9;

  private static final int MAX_MODELS = 100_000;

  private final LongSupplier clock;
  private final long start;
  private final Cache<String, Model> models = Caffeine.newBuilder().maximumSize(MAX_MODELS).build();

  /** One model's demand. Thread-safe. */
  static final class Model {
    private final AtomicLong zero =
        new AtomicLong(Double.doubleToRawLongBits(Double.NEGATIVE_INFINITY));
    private volatile int homes;

    /** Counts one request; returns the rate, in requests per second. */
    double add(double now) {
      while (true) {
        long old = zero.get();
        double requests = requests(old, now) + 1;
        double next = now + Math.log(requests) / LN_2;
        if (zero.compareAndSet(old, Double.doubleToRawLongBits(next))) {
          return requests * RATE;
        }
      }
    }

    /** The rate, in requests per second. */
    double rate(double now) {
      return requests(zero.get(), now) * RATE;
    }

    private static double requests(long zero, double now) {
      return Math.exp((Double.longBitsToDouble(zero) - now) * LN_2);
    }

    /** The number of homes: what it was, or the nearest number between these two. */
    int homes(int least, int most) {
      int before = homes;
      int next = Math.clamp(before, least, most);
      if (next != before) {
        homes = next;
      }
      return next;
    }
  }

  /** Counts with the given clock, in nanoseconds. */
  public AdapterDemand(LongSupplier clock) {
    this.clock = clock;
    this.start = clock.getAsLong();
  }

  /** Counts one request; returns the model's rate, in requests per second. */
  public double add(String model) {
    return model(model).add(now());
  }

  Model model(String name) {
    return models.get(name, n -> new Model());
  }

  /** The model's rate, in requests per second. */
  public double rate(String model) {
    return rate(model, now());
  }

  double rate(String model, double now) {
    Model known = models.getIfPresent(model);
    return known == null ? 0 : known.rate(now);
  }

  /** The present time, in half-lives; for several calls in a row. */
  double now() {
    return (clock.getAsLong() - start) / HALF_LIFE_NANOS;
  }
}
