package dev.loragateway.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfig;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Competes for a Lease: one of the gateways that do leads. The lead is lost when the Lease cannot
 * be renewed in time, and competed for anew. Thread-safe.
 */
final class Leadership {
  /** The times that client-go's leader election recommends, and Kubernetes' own controllers use. */
  private static final Duration LEASE = Duration.ofSeconds(15);

  private static final Duration RENEW = Duration.ofSeconds(10);
  private static final Duration RETRY = Duration.ofSeconds(2);

  private static final Logger log = LoggerFactory.getLogger(Leadership.class);

  private final KubernetesClient client;
  private final String name;
  private final WatchedLease lease;
  private final String duty;
  private final Consumer<Boolean> told;
  private volatile boolean leads;
  private @Nullable CompletableFuture<?> election;
  private boolean closed;

  /**
   * Begins to compete, without waiting for anything.
   *
   * @param duty of the one that leads, in words
   * @param told whether this one leads, whenever that is decided
   */
  Leadership(
      KubernetesClient client,
      String namespace,
      String name,
      String duty,
      Consumer<Boolean> told,
      DiscoveryListener listener) {
    String identity = System.getenv().getOrDefault("HOSTNAME", "gateway") + "_" + UUID.randomUUID();
    this.client = client;
    this.name = name;
    this.lease = new WatchedLease(namespace, name, identity, listener);
    this.duty = duty;
    this.told = told;
    compete();
  }

  private synchronized void compete() {
    if (closed) {
      return;
    }
    LeaderCallbacks callbacks =
        new LeaderCallbacks(() -> leads(true), () -> leads(false), this::other);
    LeaderElectionConfig config =
        new LeaderElectionConfig(lease, LEASE, RENEW, RETRY, callbacks, true, name);
    election = client.leaderElector().withConfig(config).build().start();
    Executor later = CompletableFuture.delayedExecutor(RETRY.toMillis(), TimeUnit.MILLISECONDS);
    election.whenComplete((over, failed) -> later.execute(this::compete));
  }

  private synchronized void leads(boolean now) {
    if (closed) {
      return;
    }
    if (leads != now) {
      log.info(now ? "{}: holds {}" : "{} no more: lost {}", duty, lease.describe());
    }
    leads = now;
    told.accept(now);
  }

  /** The election names nobody, too, once the Lease was let go. */
  private void other(@Nullable String leader) {
    if (leader != null && !leader.isEmpty() && !leader.equals(lease.identity())) {
      log.info("{} {}: it holds {}", leader, duty, lease.describe());
    }
  }

  /**
   * Whether this gateway holds the Lease, by its own clock: however the election fares, it is lost
   * when it was not renewed for as long as it lasts.
   */
  boolean leads() {
    return leads && System.nanoTime() - lease.renewedAt() < LEASE.toNanos();
  }

  /**
   * Leads no more from now on, and lets the Lease go, so that another gateway need not wait for its
   * end; the result is there when that is done or has failed.
   */
  synchronized CompletableFuture<Void> close() {
    closed = true;
    leads = false;
    told.accept(false);
    CompletableFuture<?> running = election;
    return running == null
        ? CompletableFuture.completedFuture(null)
        : CompletableFuture.runAsync(
            () -> running.cancel(true), Thread.ofVirtual().name("lease")::start);
  }
}
