package dev.loragateway.proxy;

import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.PoolSnapshot;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Keeps retries from multiplying an outage: at most a share of a pool's active requests may be
 * retries at once, but always 3 (Envoy's retry budget). Thread-safe.
 */
final class RetryBudget {
  private static final int MINIMUM = 3;

  private final ConcurrentHashMap<String, AtomicInteger> retrying = new ConcurrentHashMap<>();

  /** Takes a retry from the budget; give it back with {@link #release}. */
  boolean take(PoolSnapshot pool, int percent) {
    int active = 0;
    for (EndpointState endpoint : pool.endpoints()) {
      active += endpoint.inFlight().total();
    }
    int allowed = Math.max(MINIMUM, active * percent / 100);
    AtomicInteger now = retrying.computeIfAbsent(pool.name(), name -> new AtomicInteger());
    if (now.incrementAndGet() <= allowed) {
      return true;
    }
    now.decrementAndGet();
    return false;
  }

  /** Retries under way, over all pools. */
  int taken() {
    return retrying.values().stream().mapToInt(AtomicInteger::get).sum();
  }

  void release(String pool) {
    AtomicInteger now = retrying.get(pool);
    if (now != null) {
      now.decrementAndGet();
    }
  }
}
