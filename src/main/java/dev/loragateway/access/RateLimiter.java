package dev.loragateway.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/**
 * Holds callers to their limits. Tokens are reserved by an estimate when a request is admitted and
 * settled by what was used: if that was more, the next requests pay for it. Thread-safe.
 */
public final class RateLimiter {
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

  /** A request's part of its caller's limits, until it is settled. Thread-safe. */
  public static final class Reservation {
    private final Use use;
    private final RateLimits limits;
    private final long reserved;
    private final AtomicBoolean settled = new AtomicBoolean();

    private Reservation(Use use, RateLimits limits, long reserved) {
      this.use = use;
      this.limits = limits;
      this.reserved = reserved;
    }

    /** The request is over and used so many tokens; only the first call counts. */
    public void settle(long tokens) {
      if (!settled.getAndSet(true)) {
        use.settle(limits, tokens - reserved);
      }
    }
  }

  private final LongSupplier clock;
  private final Cache<String, Use> uses =
      Caffeine.newBuilder().expireAfterAccess(FORGOTTEN).maximumSize(MAX_CALLERS).build();

  /** Those of which other gateways are to hear; nobody takes them out unless limits are shared. */
  private final Set<Use> shared = ConcurrentHashMap.newKeySet();

  private volatile boolean sharing;

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
    long reserved = Math.min(tokens, limits.tokensPerMinute());
    Use use = use(caller);
    Verdict.Refused refused = use.take(limits, reserved, now());
    if (sharing) {
      shared.add(use);
    }
    return refused != null ? refused : new Verdict.Admitted(new Reservation(use, limits, reserved));
  }

  /** What the caller has left of its requests per minute, which must be limited. */
  public Left requests(Caller caller) {
    return use(caller).requests(caller.limits(), now());
  }

  /** What the caller has left of its tokens per minute, which must be limited. */
  public Left tokens(Caller caller) {
    return use(caller).tokens(caller.limits(), now());
  }

  private Use use(Caller caller) {
    return Objects.requireNonNull(uses.get(caller.id(), Use::new));
  }

  long now() {
    return clock.getAsLong();
  }

  /** Whether others are to hear of what is used from now on. */
  void share(boolean on) {
    sharing = on;
    if (!on) {
      shared.forEach(Use::alone);
      shared.clear();
    }
  }

  /** Those that used something since sharing began; the caller removes those that do not matter. */
  Set<Use> shared() {
    return shared;
  }
}
