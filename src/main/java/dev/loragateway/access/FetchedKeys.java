package dev.loragateway.access;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys that an issuer publishes: fetched at once, at an interval, and when a token names one
 * that is not there, but not for each such token, or anybody could have the issuer asked all the
 * time. What was fetched last stays in use when the issuer cannot be reached. Thread-safe.
 */
final class FetchedKeys implements TokenKeys {
  private static final Logger log = LoggerFactory.getLogger(FetchedKeys.class);

  private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
  private static final Duration LAST_RETRY = Duration.ofSeconds(30);
  private static final long BETWEEN_NANOS = Duration.ofSeconds(10).toNanos();

  /** One request to the issuer. */
  interface Fetch {
    /** Returns all keys, or says why not. */
    KeySet fetch() throws IOException, InterruptedException;
  }

  private final Fetch fetch;
  private final Duration interval;
  private final Thread thread = Thread.ofVirtual().name("issuer-keys").unstarted(this::run);
  private final Semaphore wake = new Semaphore(0);
  private volatile @Nullable KeySet keys;
  private volatile boolean current;
  private @Nullable String failure;

  /** Ends with the fetch under way, or the next one. Guarded by this. */
  private CompletableFuture<Void> turn = new CompletableFuture<>();

  private boolean underway = true;
  private long askedAt = System.nanoTime() - BETWEEN_NANOS;

  /**
   * Begins to fetch, without waiting for it.
   *
   * @param known keys in use until then; null = none
   */
  FetchedKeys(Fetch fetch, Duration interval, @Nullable KeySet known) {
    this.fetch = fetch;
    this.interval = interval;
    this.keys = known;
    thread.start();
  }

  @Override
  public @Nullable KeySet now() {
    return keys;
  }

  @Override
  public boolean current() {
    return current;
  }

  @Override
  public synchronized CompletableFuture<Void> refetch() {
    if (underway) {
      return turn;
    }
    long now = System.nanoTime();
    if (now - askedAt < BETWEEN_NANOS) {
      return CompletableFuture.completedFuture(null);
    }
    askedAt = now;
    underway = true;
    wake.release();
    return turn;
  }

  private void run() {
    Duration retry = FIRST_RETRY;
    try {
      while (true) {
        read();
        Duration pause = current ? interval : retry;
        retry = current ? FIRST_RETRY : shorter(retry.multipliedBy(2), LAST_RETRY);
        begin(wake.tryAcquire(shorter(pause, interval).toNanos(), TimeUnit.NANOSECONDS));
      }
    } catch (InterruptedException e) {
      log.debug("{} is not fetched any more", fetch);
    } finally {
      current = false;
      over(false);
    }
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  private synchronized void begin(boolean asked) {
    if (!asked && underway) {
      wake.drainPermits();
    }
    underway = true;
  }

  private void read() throws InterruptedException {
    try {
      took(fetch.fetch());
    } catch (IOException e) {
      failed(String.valueOf(e.getMessage()));
    } catch (RuntimeException | Error e) {
      failed(e.toString());
    } finally {
      over(true);
    }
  }

  private void took(KeySet found) {
    if (!found.equals(keys)) {
      keys = found;
      log.info("{} has {} keys that tokens may be signed with", fetch, found.size());
    } else if (failure != null) {
      log.info("{} can be read again", fetch);
    }
    failure = null;
    current = true;
  }

  private void failed(String why) {
    current = false;
    if (!why.equals(failure)) {
      log.warn("{} cannot be read: {} (keys that are known stay in use)", fetch, why);
    }
    failure = why;
  }

  /** Those who wait for it go on; {@code again}: there will be another turn. */
  private void over(boolean again) {
    CompletableFuture<Void> ended;
    synchronized (this) {
      ended = turn;
      if (again) {
        turn = new CompletableFuture<>();
        underway = false;
      }
    }
    ended.complete(null);
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
