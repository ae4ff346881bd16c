package dev.loragateway.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Holds callers to their limits. Thread-safe, without locks. */
/*
 * Each limit is a GCRA (ITU-T I.371): one number, the time at which the caller will have used nothing
 * again. A request moves it on by its share of a minute, and is refused when it would come to lie more
 * than a minute ahead. Tokens are reserved by an estimate when the request is admitted and settled by
 * what was used, so that it may lie further ahead for a while: the next requests pay for it.
 */
public final class RateLimiter {
  private static final long MINUTE = Duration.ofMinutes(1).toNanos();

  /**
   * Callers that were not heard of for this long start afresh: longer than a request can take,
   * which holds a place among those in parallel.
   */
  private static final Duration FORGOTTEN = Duration.ofHours(25);

  private static final long MAX_CALLERS = 100_000;

  /** What came of asking for admission. */
  public sealed interface Verdict {
    record Admitted(Reservation reservation) implements Verdict {}

    /**
     * {@code limit} is the one that was reached, as the configuration calls it; {@code retryAfter}
     * is zero when that cannot be told.
     */
    record Refused(String limit, Duration retryAfter) implements Verdict {}
  }

  /**
   * What a caller has left of one limit.
   *
   * @param limit per minute
   * @param remaining that may still be used now
   * @param reset until all of it may be
   */
  public record Left(long limit, long remaining, Duration reset) {}

  private static final class Use {
    final AtomicLong requests = new AtomicLong(Long.MIN_VALUE);
    final AtomicLong tokens = new AtomicLong(Long.MIN_VALUE);
    final AtomicInteger parallel = new AtomicInteger();
  }

  /** A request's part of its caller's limits, until it is settled. */
  public static final class Reservation {
    private final Caller caller;
    private final Use use;
    private final long reserved;
    private final AtomicBoolean settled = new AtomicBoolean();

    private Reservation(Caller caller, Use use, long reserved) {
      this.caller = caller;
      this.use = use;
      this.reserved = reserved;
    }

    /** The request is over and used so many tokens; only the first call counts. */
    public void settle(long tokens) {
      if (settled.getAndSet(true)) {
        return;
      }
      use.parallel.decrementAndGet();
      long limit = caller.limits().tokensPerMinute();
      if (limit > 0) {
        use.tokens.addAndGet(cost(tokens, limit) - cost(reserved, limit));
      }
    }
  }

  private final LongSupplier clock;
  private final Cache<String, Use> uses =
      Caffeine.newBuilder().expireAfterAccess(FORGOTTEN).maximumSize(MAX_CALLERS).build();

  /**
   * Makes a limiter of callers that have used nothing.
   *
   * @param clock nanoseconds, as {@link System#nanoTime}
   */
  public RateLimiter(LongSupplier clock) {
    this.clock = clock;
  }

  /** Asks for one request that is expected to use so many tokens; settle what is admitted. */
  public Verdict admit(Caller caller, long tokens) {
    RateLimits limits = caller.limits();
    Use use = use(caller);
    long now = clock.getAsLong();
    if (use.parallel.incrementAndGet() > limits.parallel() && limits.parallel() > 0) {
      use.parallel.decrementAndGet();
      return new Verdict.Refused("parallel", Duration.ZERO);
    }
    long wait = take(use.requests, 1, limits.requestsPerMinute(), now);
    if (wait > 0) {
      use.parallel.decrementAndGet();
      return new Verdict.Refused("requestsPerMinute", Duration.ofNanos(wait));
    }
    long reserved = Math.min(tokens, limits.tokensPerMinute());
    wait = take(use.tokens, reserved, limits.tokensPerMinute(), now);
    if (wait > 0) {
      use.parallel.decrementAndGet();
      use.requests.addAndGet(-cost(1, limits.requestsPerMinute()));
      return new Verdict.Refused("tokensPerMinute", Duration.ofNanos(wait));
    }
    return new Verdict.Admitted(new Reservation(caller, use, reserved));
  }

  /** What the caller has left of its requests per minute, which must be limited. */
  public Left requests(Caller caller) {
    return left(use(caller).requests, caller.limits().requestsPerMinute());
  }

  /** What the caller has left of its tokens per minute, which must be limited. */
  public Left tokens(Caller caller) {
    return left(use(caller).tokens, caller.limits().tokensPerMinute());
  }

  private Use use(Caller caller) {
    return Objects.requireNonNull(uses.get(caller.name(), name -> new Use()));
  }

  /** Takes so much of a limit; returns 0, or how long it takes until there is so much. */
  private static long take(AtomicLong freeAt, long amount, long limit, long now) {
    if (limit <= 0) {
      return 0;
    }
    long cost = cost(amount, limit);
    while (true) {
      long before = freeAt.get();
      long after = Math.max(before, now) + cost;
      long wait = after - now - MINUTE;
      if (wait > 0) {
        return wait;
      }
      if (freeAt.compareAndSet(before, after)) {
        return 0;
      }
    }
  }

  private Left left(AtomicLong freeAt, long limit) {
    long ahead = Math.max(0, Math.max(freeAt.get(), clock.getAsLong()) - clock.getAsLong());
    long remaining = (long) ((double) Math.max(0, MINUTE - ahead) / MINUTE * limit);
    return new Left(limit, remaining, Duration.ofNanos(ahead));
  }

  private static long cost(long amount, long limit) {
    return limit <= 0 ? 0 : (long) ((double) amount / limit * MINUTE);
  }
}
