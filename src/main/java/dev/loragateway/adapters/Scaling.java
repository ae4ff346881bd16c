package dev.loragateway.adapters;

import dev.loragateway.registry.AdapterCell;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.routing.AdapterDemand;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How many endpoints an adapter should be on, by how often it is asked for. Confined to the
 * controller's thread.
 */
final class Scaling {
  private static final long SECOND = 1_000_000_000L;

  /** Parts of the idle time in which the use of what is loaded is told to who leads. */
  private static final int REPORTS = 4;

  private final AdapterDemand demand;

  Scaling(AdapterDemand demand) {
    this.demand = demand;
  }

  /** Requests of an adapter at once on average: rate times the time of an answer (Little's law). */
  double concurrency(ControlledAdapter adapter, PoolSnapshot pool) {
    Set<String> names =
        adapter.wanted.isEmpty()
            ? Set.of(adapter.name())
            : new HashSet<>(List.of(adapter.name(), adapter.target(), adapter.wantedName()));
    double rate = names.stream().mapToDouble(demand::rate).sum();
    return rate * pool.answerMillis() / 1000;
  }

  /**
   * Decides anew; returns whether that changed anything.
   *
   * @param waiting requests that wait in the pool, by model
   */
  boolean decide(
      ControlledAdapter adapter,
      PoolSnapshot pool,
      Collection<ControlledEndpoint> endpoints,
      Map<String, Integer> waiting,
      AdapterSettings.Demand settings,
      long now) {
    Replicas replicas = adapter.spec().replicas();
    int before = adapter.desired;
    if (!replicas.automatic()) {
      adapter.desired = replicas.min();
      return before != adapter.desired;
    }
    double copies = Math.ceil(concurrency(adapter, pool) / settings.perReplica());
    if (replicas.min() == 0) {
      boolean waits = waiting.containsKey(adapter.target());
      adapter.askedAt = waits ? now : lastUse(adapter, endpoints, now);
    }
    boolean used = replicas.min() > 0 || now - adapter.askedAt < settings.idle().toNanos();
    int least = Math.max(replicas.min(), used ? 1 : 0);
    int need = (int) Math.clamp(copies, least, replicas.max());
    if (!used && replicas.min() == 0) {
      need = 0;
    }
    if (need >= before || need == 0) {
      adapter.shrinksSince = Long.MAX_VALUE;
      adapter.desired = need;
    } else if (adapter.shrinksSince == Long.MAX_VALUE) {
      adapter.shrinksSince = now;
    } else if (now - adapter.shrinksSince >= settings.shrinkAfter().toNanos()) {
      adapter.shrinksSince = Long.MAX_VALUE;
      adapter.desired = need;
    }
    return before != adapter.desired;
  }

  /**
   * Whether the gateway that leads is to be told that an adapter was used: at once of one that is
   * nowhere, else before it would be taken away.
   */
  boolean tells(ControlledAdapter adapter, boolean loaded, AdapterSettings.Demand settings) {
    Replicas replicas = adapter.spec().replicas();
    long pause = loaded ? settings.idle().toNanos() / REPORTS : SECOND;
    boolean tells =
        replicas.automatic() && replicas.min() == 0 && adapter.askedAt - adapter.toldUse >= pause;
    adapter.toldUse = tells ? adapter.askedAt : adapter.toldUse;
    return tells;
  }

  private static long lastUse(
      ControlledAdapter adapter, Collection<ControlledEndpoint> endpoints, long now) {
    long last = adapter.askedAt;
    for (ControlledEndpoint at : endpoints) {
      AdapterCell cell = at.seen().inFlight().cell(adapter.target());
      if (cell.inFlight() > 0) {
        return now;
      }
      last = cell.used() ? Math.max(last, cell.lastUsed()) : last;
    }
    return last;
  }
}
