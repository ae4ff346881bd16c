package dev.loragateway.proxy;

import dev.loragateway.registry.AdapterRow;
import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.upstream.UpstreamFailure;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Whether a request may be tried again, when, and where not. One retry is free and goes at once
 * when the server cannot have begun an answer (no connection, or no byte); others count against the
 * pool's budget, and wait a moment. Confined to the downstream event loop.
 */
final class RetryPolicy {
  private final RetryBudget budget;
  private final ProxySettings.Retries settings;
  private final Set<String> tried = new HashSet<>(0);
  private final List<String> budgeted = new ArrayList<>(0);
  private int attempts;
  private boolean freeUsed;
  private boolean lastWasFree;

  RetryPolicy(RetryBudget budget, ProxySettings.Retries settings) {
    this.budget = budget;
    this.settings = settings;
  }

  void attempted() {
    attempts++;
  }

  int attempts() {
    return attempts;
  }

  /** Addresses that are not to be tried again. */
  Set<String> tried() {
    return tried;
  }

  void exclude(String address) {
    tried.add(address);
  }

  /** Lets every endpoint be tried again. */
  void forgive() {
    tried.clear();
  }

  /** Returns whether another attempt is allowed after such a failure, and counts it. */
  boolean allows(UpstreamFailure failure, PoolSnapshot pool) {
    boolean free = failure == UpstreamFailure.CONNECT || failure == UpstreamFailure.NO_RESPONSE;
    if (free && !freeUsed && attempts <= settings.max()) {
      freeUsed = true;
      lastWasFree = true;
      return true;
    }
    return allows(pool);
  }

  /** Returns whether another attempt is allowed within the budget, and counts it. */
  boolean allows(PoolSnapshot pool) {
    if (attempts > settings.max() || !budget.take(pool, settings.budgetPercent())) {
      return false;
    }
    budgeted.add(pool.name());
    lastWasFree = false;
    return true;
  }

  /**
   * How long the retry that was allowed last waits, in nanoseconds: evenly between 0 and the
   * backoff, which doubles with each (full jitter, as Envoy's; those that failed together do not
   * come back together).
   */
  long pause(RandomGenerator random) {
    if (lastWasFree) {
      return 0;
    }
    long longest = settings.maxBackoff().toNanos();
    long backoff = Math.min(settings.backoff().toNanos(), longest);
    for (int n = 1; n < budgeted.size() && backoff < longest; n++) {
      backoff = Math.min(2 * backoff, longest);
    }
    return backoff == 0 ? 0 : random.nextLong(backoff + 1);
  }

  /**
   * Returns whether an endpoint that is up, not tried, and not {@code address} can serve the
   * request.
   */
  boolean servedElsewhere(Destination to, String address) {
    if (to.maker() != null) {
      return false;
    }
    PoolSnapshot pool = to.pool();
    AdapterRow row = pool.adapter(to.model());
    boolean base = pool.baseNames().contains(to.model());
    for (int i = 0; i < pool.endpoints().size(); i++) {
      EndpointState state = pool.endpoints().get(i);
      String other = state.endpoint().address();
      boolean serves = base || (row == null ? pool.settings().resolver() : row.registered(i));
      if (serves && state.up() && !tried.contains(other) && !other.equals(address)) {
        return true;
      }
    }
    return false;
  }

  /** Gives the budget back; the exchange is over. */
  void end() {
    budgeted.forEach(budget::release);
    budgeted.clear();
  }
}
