package dev.loragateway.access;

import dev.loragateway.access.RateLimiter.Left;
import dev.loragateway.access.RateLimiter.Verdict.Refused;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What one caller has used of its limits. Thread-safe; the lock is held for a few additions only.
 */
/*
 * A limit per minute is a GCRA (ITU-T I.371): one number, the time at which the caller will have used
 * nothing again. A request moves it on by its share of a minute, and is refused when it would come to
 * lie more than a minute ahead. What was used here and not told to the other gateways yet is kept
 * beside it: what they and this one used together comes back as how far ahead the time lies, to which
 * that is added.
 */
final class Use {
  private static final long MINUTE = Duration.ofMinutes(1).toNanos();

  /** One limit per minute, in nanoseconds of the limiter's clock. Guarded by the use. */
  private static final class PerMinute {
    private long freeAt = Long.MIN_VALUE;
    private long untold;

    /** Takes so much; returns 0, or how long it takes until there is so much. */
    long take(long cost, long now) {
      long after = Math.max(freeAt, now) + cost;
      if (after - now > MINUTE) {
        return after - now - MINUTE;
      }
      freeAt = after;
      untold += cost;
      return 0;
    }

    void add(long cost) {
      freeAt += cost;
      untold += cost;
    }

    long ahead(long now) {
      return Math.max(freeAt, now) - now;
    }

    long tell(long now, boolean uncertain) {
      long told = uncertain ? Math.min(untold, ahead(now)) : untold;
      untold = 0;
      return told;
    }

    void hear(long ahead, long now) {
      freeAt = now + ahead + untold;
    }
  }

  /**
   * What other gateways are to hear of a caller.
   *
   * @param requests nanoseconds by which its requests moved the time on
   * @param tokens the same of its tokens
   * @param parallel its requests under way here
   */
  record News(long requests, long tokens, int parallel) {}

  private final PerMinute requests = new PerMinute();
  private final PerMinute tokens = new PerMinute();
  private final String caller;
  private int parallel;
  private int elsewhere;
  private boolean touched;
  private boolean uncertain;
  private long lastTouched;
  private long lastTold;

  /** Makes the use of a caller that has used nothing. */
  Use(String caller) {
    this.caller = caller;
  }

  String caller() {
    return caller;
  }

  /**
   * Takes a request, its tokens and a place among those under way, or nothing.
   *
   * @return null, or why not
   */
  synchronized @Nullable Refused take(RateLimits limits, long expected, long now) {
    touched = true;
    lastTouched = now;
    if (limits.parallel() > 0 && parallel + elsewhere >= limits.parallel()) {
      return new Refused("parallel", Duration.ZERO);
    }
    long request = cost(1, limits.requestsPerMinute());
    long wait = requests.take(request, now);
    if (wait > 0) {
      return new Refused("requestsPerMinute", Duration.ofNanos(wait));
    }
    wait = tokens.take(cost(expected, limits.tokensPerMinute()), now);
    if (wait > 0) {
      requests.add(-request);
      return new Refused("tokensPerMinute", Duration.ofNanos(wait));
    }
    parallel++;
    return null;
  }

  /** A request that was taken is over; it used so many tokens more than expected. */
  synchronized void settle(RateLimits limits, long more) {
    touched = true;
    parallel--;
    long cost = cost(Math.abs(more), limits.tokensPerMinute());
    tokens.add(more < 0 ? -cost : cost);
  }

  synchronized Left requests(RateLimits limits, long now) {
    return left(requests.ahead(now), limits.requestsPerMinute());
  }

  synchronized Left tokens(RateLimits limits, long now) {
    return left(tokens.ahead(now), limits.tokensPerMinute());
  }

  private static Left left(long ahead, long limit) {
    long remaining = (long) ((double) Math.max(0, MINUTE - ahead) / MINUTE * limit);
    return new Left(limit, remaining, Duration.ofNanos(ahead));
  }

  private static long cost(long amount, long limit) {
    return limit <= 0 ? 0 : (long) ((double) amount / limit * MINUTE);
  }

  /** Whether there is something to tell or to ask, once per {@code between} where all is quiet. */
  synchronized boolean due(long between, long now) {
    return touched || now - lastTold >= between;
  }

  /** Whether nothing of it can matter to others any more. */
  synchronized boolean idle(long now) {
    return !touched
        && parallel == 0
        && now - lastTouched > MINUTE
        && requests.ahead(now) == 0
        && tokens.ahead(now) == 0;
  }

  /** What is to be told; {@link #heard} or {@link #failed} follows. */
  synchronized News tell(long now) {
    touched = false;
    lastTold = now;
    News news = new News(requests.tell(now, uncertain), tokens.tell(now, uncertain), parallel);
    uncertain = false;
    return news;
  }

  /** All gateways together used so much. */
  synchronized void heard(RedisLink.Heard heard, long now) {
    requests.hear(heard.requestsAhead(), now);
    tokens.hear(heard.tokensAhead(), now);
    elsewhere = heard.elsewhere();
  }

  /** Nothing is heard of the others from now on. */
  synchronized void alone() {
    elsewhere = 0;
    uncertain = true;
  }

  /**
   * The news may not have been heard. They are told again, but no more than what a minute has not
   * made good since.
   */
  synchronized void failed(News news) {
    requests.untold += news.requests();
    tokens.untold += news.tokens();
    uncertain = true;
    touched = true;
  }
}
