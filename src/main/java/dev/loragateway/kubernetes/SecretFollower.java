package dev.loragateway.kubernetes;

import dev.loragateway.access.KeysSecret;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows what the Secret of keys holds, in the cluster that the gateway runs in. {@link #follow}
 * and {@link #close} are called by one thread at a time, all else is confined to a thread of its
 * own, which starts when there is something to follow.
 */
public final class SecretFollower implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SecretFollower.class);

  private static final Duration CHECK = Duration.ofSeconds(1);
  private static final String OWN_CLUSTER = "";

  private final Function<String, KubernetesClient> connect;
  private final SecretSink sink;
  private final DiscoveryListener listener;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("keys-secret").factory());
  private @Nullable KeysSecret followed;
  private @Nullable KubernetesClient client;
  private @Nullable SecretWatch watch;
  private @Nullable ScheduledFuture<?> checks;
  private @Nullable String trouble;

  /**
   * Follows nothing yet.
   *
   * @param connect makes the client of a kubeconfig context, or of the gateway's own cluster
   */
  public SecretFollower(
      Function<String, KubernetesClient> connect, SecretSink sink, DiscoveryListener listener) {
    this.connect = connect;
    this.sink = sink;
    this.listener = listener;
  }

  /** Follows this one from now on; null = none. Does not wait. */
  public void follow(@Nullable KeysSecret wanted) {
    if (!Objects.equals(wanted, followed)) {
      KeysSecret before = followed;
      followed = wanted;
      thread.execute(() -> change(before, wanted));
    }
  }

  private void change(@Nullable KeysSecret before, @Nullable KeysSecret next) {
    stop(before);
    if (next != null) {
      checks =
          thread.scheduleWithFixedDelay(
              () -> check(next), 0, CHECK.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void stop(@Nullable KeysSecret before) {
    if (checks != null) {
      checks.cancel(false);
    }
    if (watch != null) {
      watch.close();
      watch = null;
    }
    if (client != null) {
      client.close();
      client = null;
    }
    if (before != null) {
      sink.dropped(before);
      listener.stopped("", before.toString());
    }
  }

  /** Starts what could not be started yet, and looks how it fares. */
  private void check(KeysSecret wanted) {
    try {
      SecretWatch now = watch == null ? started(wanted) : watch;
      now.check();
      now.look();
      trouble = null;
    } catch (RuntimeException | Error e) {
      listener.watching("", wanted.toString(), false);
      sink.newest(wanted, false);
      if (!e.toString().equals(trouble)) {
        log.error("{} cannot be watched: {}", wanted, e.toString());
      }
      trouble = e.toString();
    }
  }

  private SecretWatch started(KeysSecret wanted) {
    KubernetesClient connected = client == null ? connect.apply(OWN_CLUSTER) : client;
    client = connected;
    SecretWatch started = new SecretWatch(wanted, connected, sink, listener, () -> soon(wanted));
    watch = started;
    return started;
  }

  private void soon(KeysSecret wanted) {
    try {
      thread.execute(
          () -> {
            if (watch != null) {
              check(wanted);
            }
          });
    } catch (RejectedExecutionException e) {
      log.debug("closed while a change came in");
    }
  }

  /** Follows nothing any more; waits for that, some seconds at most. */
  @Override
  public void close() {
    if (thread.isShutdown()) {
      return;
    }
    thread.execute(() -> stop(null));
    thread.shutdown();
    try {
      if (!thread.awaitTermination(2, TimeUnit.SECONDS)) {
        log.debug("still closing");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
