package dev.loragateway.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfig;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.Lock;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Competes for a Lease: one of the gateways that do leads. The lead is lost when the Lease cannot
 * be renewed in time, and competed for anew. Thread-safe.
 */
final class Leadership implements AutoCloseable {
  /** The times that client-go's leader election recommends, and Kubernetes' own controllers use. */
  private static final Duration LEASE = Duration.ofSeconds(15);

  private static final Duration RENEW = Duration.ofSeconds(10);
  private static final Duration RETRY = Duration.ofSeconds(2);

  private static final Logger log = LoggerFactory.getLogger(Leadership.class);

  private final KubernetesClient client;
  private final String namespace;
  private final String name;
  private final String identity;
  private final DiscoveryListener listener;
  private volatile boolean leads;
  private volatile @Nullable String failure;
  private @Nullable CompletableFuture<?> election;
  private boolean closed;

  /** Begins to compete, without waiting for anything. */
  Leadership(KubernetesClient client, String namespace, String name, DiscoveryListener listener) {
    this.client = client;
    this.namespace = namespace;
    this.name = name;
    this.identity = System.getenv().getOrDefault("HOSTNAME", "gateway") + "_" + UUID.randomUUID();
    this.listener = listener;
    compete();
  }

  private synchronized void compete() {
    if (closed) {
      return;
    }
    Lock lock = new Told(new LeaseLock(namespace, name, identity));
    LeaderCallbacks callbacks =
        new LeaderCallbacks(() -> leads(true), () -> leads(false), this::other);
    election =
        client
            .leaderElector()
            .withConfig(new LeaderElectionConfig(lock, LEASE, RENEW, RETRY, callbacks, true, name))
            .build()
            .start();
    Executor later =
        CompletableFuture.delayedExecutor(
            RETRY.toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS);
    election.whenComplete((over, failed) -> later.execute(this::compete));
  }

  private void leads(boolean now) {
    if (leads != now) {
      log.info(
          now
              ? "annotates pods: holds Lease {}/{}"
              : "annotates no pods any more: lost Lease {}/{}",
          namespace,
          name);
    }
    leads = now;
    listener.leads(now);
  }

  private void other(String leader) {
    if (!leader.equals(identity)) {
      log.info("pods are annotated by {}, which holds Lease {}/{}", leader, namespace, name);
    }
  }

  /** Whether this gateway holds the Lease. */
  boolean leads() {
    return leads;
  }

  /** Lets the Lease go, so that another gateway need not wait for its end. */
  @Override
  public synchronized void close() {
    closed = true;
    leads = false;
    listener.leads(false);
    if (election != null) {
      election.cancel(true);
    }
  }

  /** Says why the Lease cannot be had: the election itself tries again in silence. */
  private final class Told implements Lock {
    private final Lock lease;

    Told(Lock lease) {
      this.lease = lease;
    }

    @Override
    public @Nullable LeaderElectionRecord get(KubernetesClient by) {
      LeaderElectionRecord[] found = new LeaderElectionRecord[1];
      tell(client -> found[0] = lease.get(client), by);
      return found[0];
    }

    @Override
    public void create(KubernetesClient by, LeaderElectionRecord first) {
      tell(client -> lease.create(client, first), by);
    }

    @Override
    public void update(KubernetesClient by, LeaderElectionRecord next) {
      tell(client -> lease.update(client, next), by);
    }

    private void tell(Consumer<KubernetesClient> call, KubernetesClient by) {
      try {
        call.accept(by);
        failure = null;
      } catch (RuntimeException e) {
        Failure failed = Failure.of(e);
        listener.failed("", describe(), failed.code());
        if (!failed.reason().equals(failure) && !failed.isConflict()) {
          log.warn("{}: {} (no pods are annotated meanwhile)", describe(), failed.reason());
        }
        failure = failed.reason();
        throw e;
      }
    }

    @Override
    public String identity() {
      return identity;
    }

    @Override
    public String describe() {
      return "Lease " + namespace + "/" + name;
    }
  }
}
