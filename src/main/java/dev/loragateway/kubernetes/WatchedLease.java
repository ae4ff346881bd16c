package dev.loragateway.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.Lock;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Lease that says why it cannot be had, which the election does not, and when it was renewed
 * last. Thread-safe.
 */
final class WatchedLease implements Lock {
  private static final Logger log = LoggerFactory.getLogger(WatchedLease.class);

  private final LeaseLock lease;
  private final String place;
  private final DiscoveryListener listener;
  private final Map<String, String> failures = new ConcurrentHashMap<>();
  private volatile long renewedAt;

  WatchedLease(String namespace, String name, String identity, DiscoveryListener listener) {
    this.lease = new LeaseLock(namespace, name, identity);
    this.place = namespace + "/" + name;
    this.listener = listener;
  }

  /** When it was made or renewed last, as {@link System#nanoTime}; 0 before. */
  long renewedAt() {
    return renewedAt;
  }

  @Override
  public @Nullable LeaderElectionRecord get(KubernetesClient client) {
    return told("read", () -> lease.get(client));
  }

  @Override
  public void create(KubernetesClient client, LeaderElectionRecord first) {
    renewed(
        "made",
        () -> {
          lease.create(client, first);
          return null;
        });
  }

  @Override
  public void update(KubernetesClient client, LeaderElectionRecord next) {
    renewed(
        "renewed",
        () -> {
          lease.update(client, next);
          return null;
        });
  }

  private void renewed(String what, Supplier<@Nullable Void> call) {
    long before = System.nanoTime();
    told(what, call);
    renewedAt = before;
  }

  /** The election goes on after this kind of exception only. */
  private <T extends @Nullable Object> T told(String what, Supplier<T> call) {
    try {
      T done = call.get();
      failures.remove(what);
      return done;
    } catch (RuntimeException e) {
      Failure failed = Failure.of(e);
      if (!failed.isConflict()) {
        listener.failed("", describe(), failed.code());
        if (!failed.reason().equals(failures.put(what, failed.reason()))) {
          log.warn("{} cannot be {}: {}", describe(), what, failed.reason());
        }
      }
      throw e instanceof KubernetesClientException
          ? e
          : new KubernetesClientException(failed.reason(), e);
    }
  }

  @Override
  public String identity() {
    return lease.identity();
  }

  @Override
  public String describe() {
    return "Lease " + place;
  }
}
