package dev.loragateway.access;

import dev.loragateway.access.RedisLink.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shares what callers used with other gateways, through Redis: each tells at short intervals what
 * was used there since, and hears what all used together. No request waits for it. While Redis is
 * away each gateway holds its callers to the whole limits by itself. {@link #use} and {@link
 * #close} are called by one thread at a time, all else happens on a thread of its own, which starts
 * when there is something to share.
 */
/*
 * What can be let in too much: what the other gateways let in during one interval and a round trip. It
 * is not lost: the next requests pay for it.
 */
public final class SharedLimits implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SharedLimits.class);

  /** How often callers are told of that are quiet: their requests under way would be forgotten. */
  private static final long BETWEEN_NANOS = Duration.ofSeconds(1).toNanos();

  private final RateLimiter limiter;
  private final Consumer<Boolean> listener;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("shared-limits").factory());
  private volatile @Nullable RedisSettings settings;
  private @Nullable RedisLink link;
  private @Nullable ScheduledFuture<?> turns;
  private boolean busy;
  private @Nullable Boolean reachable;

  /**
   * Shares nothing yet.
   *
   * @param listener hears after each exchange whether it went well; must not block
   */
  public SharedLimits(RateLimiter limiter, Consumer<Boolean> listener) {
    this.limiter = limiter;
    this.listener = listener;
  }

  /** Shares through this Redis from now on; null = through none. */
  public void use(@Nullable RedisSettings next) {
    if (!Objects.equals(next, settings)) {
      settings = next;
      thread.execute(() -> change(next));
    }
  }

  private void change(@Nullable RedisSettings next) {
    reachable = null;
    disconnect();
    limiter.share(next != null);
    if (next != null) {
      link = new RedisLink(next);
      long interval = next.syncInterval().toMillis();
      turns = thread.scheduleWithFixedDelay(this::turn, 0, interval, TimeUnit.MILLISECONDS);
    }
  }

  private void disconnect() {
    if (turns != null) {
      turns.cancel(false);
    }
    if (link != null) {
      link.close();
      link = null;
    }
  }

  /** Begins an exchange of news, unless the last one is not over. */
  private void turn() {
    RedisLink through = link;
    if (busy || through == null) {
      return;
    }
    CompletableFuture<Session> session = through.connect();
    if (session.isCompletedExceptionally()) {
      over(session.exceptionNow());
    } else if (session.isDone()) {
      busy = true;
      exchange(session.join())
          .whenCompleteAsync(
              (done, failure) -> {
                busy = false;
                if (failure != null && link == through) {
                  through.discard(session.join());
                }
                over(failure);
              },
              thread);
    }
  }

  private CompletableFuture<Void> exchange(Session session) {
    List<CompletableFuture<?>> told = new ArrayList<>();
    long now = limiter.now();
    for (Use use : limiter.shared()) {
      if (use.due(BETWEEN_NANOS, now)) {
        told.add(tell(session, use));
      } else if (use.idle(now)) {
        retire(use);
      }
    }
    return CompletableFuture.allOf(told.toArray(CompletableFuture[]::new));
  }

  /** A request may have come for it meanwhile. */
  private void retire(Use use) {
    limiter.shared().remove(use);
    use.alone();
    if (!use.idle(limiter.now())) {
      limiter.shared().add(use);
    }
  }

  private CompletableFuture<?> tell(Session session, Use use) {
    Use.News news = use.tell(limiter.now());
    return session
        .tell(use.caller(), news)
        .whenComplete(
            (heard, failure) -> {
              if (failure != null) {
                use.failed(news);
              } else {
                use.heard(heard, limiter.now());
              }
            });
  }

  private void over(@Nullable Throwable failure) {
    boolean well = failure == null;
    listener.accept(well);
    if (!well) {
      limiter.shared().forEach(Use::alone);
    }
    if (reachable == null || reachable != well) {
      reachable = well;
      if (failure == null) {
        log.info("limits are shared through {}", settings);
      } else {
        log.warn(
            "limits are not shared, since {} cannot be used: {}; this gateway goes by its own"
                + " count",
            settings,
            reason(failure));
      }
    }
  }

  private static String reason(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }

  @Override
  public void close() {
    if (thread.isShutdown()) {
      return;
    }
    thread.execute(this::disconnect);
    thread.shutdown();
    try {
      if (!thread.awaitTermination(2, TimeUnit.SECONDS)) {
        thread.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
