package dev.loragateway.scrape;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * When an endpoint is asked next. Times are those of {@link System#nanoTime}. A busy endpoint,
 * which has requests, or whose adapters had some within the last 2 s if the server tells, is
 * scraped at each tick, an idle one at each fourth or after some 2 s if that is sooner; a tick is
 * the interval, 10% more or less by chance, so that endpoints do not stay in step. While an
 * endpoint is down its health is asked for ever less often, down to once in 5 s. Confined to the
 * endpoint's virtual thread.
 */
final class Cadence {
  static final long LONGEST_IDLE = Duration.ofSeconds(2).toNanos();
  static final long LONGEST_BACK_OFF = Duration.ofSeconds(5).toNanos();
  static final long WAKE_SPACING = Duration.ofMillis(100).toNanos();
  private static final int IDLE_TICKS = 4;
  private static final double JITTER = 0.1;
  private static final double BACK_OFF_GROWTH = 1.25;

  private final RandomGenerator random;
  private long nextTick;
  private long idleDeadline;
  private long nextProbe;
  private long nextModels;
  private long nextWake;
  private long backOff;

  /** Everything is due at once. */
  Cadence(RandomGenerator random, long now) {
    this.random = random;
    nextWake = now;
    restart(now);
  }

  /** Makes everything due at once. */
  void restart(long now) {
    nextTick = now;
    idleDeadline = now;
    nextProbe = now;
    nextModels = now;
    backOff = 0;
  }

  /** Returns whether the load is to be looked at if there is reason to: see {@link #scrapeDue}. */
  boolean tickDue(long now) {
    return now - nextTick >= 0;
  }

  /** Returns whether, at a tick, the metrics are to be asked for. */
  boolean scrapeDue(long now, boolean busy) {
    return busy || now - idleDeadline >= 0;
  }

  boolean probeDue(long now) {
    return now - nextProbe >= 0;
  }

  boolean modelsDue(long now) {
    return now - nextModels >= 0;
  }

  /** Returns whether a probe out of turn may be made: not more than one in 100 ms. */
  boolean wakeDue(long now) {
    return now - nextWake >= 0;
  }

  /** Nanoseconds until something is due for an endpoint; 0 or less when something is. */
  long delay(long now, boolean up, boolean wakeAsked) {
    long delay = nextProbe - now;
    if (up) {
      delay = Math.min(delay, Math.min(nextTick - now, nextModels - now));
    }
    return wakeAsked ? Math.min(delay, nextWake - now) : delay;
  }

  /** A tick has passed without a scrape. */
  void skipped(long now, ScrapeSettings settings) {
    nextTick = now + jittered(settings.interval().toNanos());
  }

  void scraped(long now, ScrapeSettings settings) {
    long interval = settings.interval().toNanos();
    nextTick = now + jittered(interval);
    idleDeadline = now + Math.min(LONGEST_IDLE, IDLE_TICKS * interval) - interval / 2;
  }

  /** The models were asked for; after a failure they are again at the next tick. */
  void modelsAsked(long now, ScrapeSettings settings, boolean ok) {
    nextModels = now + jittered((ok ? settings.modelsInterval() : settings.interval()).toNanos());
  }

  /** Something went wrong half-way: all that may have been left out is due after an interval. */
  void postpone(long now, ScrapeSettings settings) {
    long later = now + jittered(settings.interval().toNanos());
    nextTick = later;
    nextProbe = later;
    nextModels = modelsDue(now) ? later : nextModels;
  }

  void wokeUp(long now) {
    nextWake = now + WAKE_SPACING;
  }

  void probedUp(long now, ScrapeSettings settings) {
    backOff = 0;
    nextProbe = now + jittered(settings.modelsInterval().toNanos());
  }

  /** The answer did not come in time: asks again soon. */
  void probedLate(long now, ScrapeSettings settings) {
    nextProbe = now + jittered(settings.interval().toNanos());
  }

  void probedDown(long now, ScrapeSettings settings) {
    long interval = settings.interval().toNanos();
    long longest = Math.max(interval, LONGEST_BACK_OFF);
    backOff = backOff == 0 ? interval : Math.min(longest, (long) (backOff * BACK_OFF_GROWTH));
    nextProbe = now + jittered(backOff);
  }

  private long jittered(long nanos) {
    return nanos + (long) (nanos * JITTER * random.nextDouble(-1, 1));
  }
}
