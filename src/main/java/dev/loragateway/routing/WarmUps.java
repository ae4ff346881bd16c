package dev.loragateway.routing;

import dev.loragateway.model.Residency;
import dev.loragateway.registry.AdapterRow;
import dev.loragateway.registry.Dispatch;
import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.QueueSettings;

/**
 * Loads the adapter of a waiting request ahead of it when no endpoint has it: one load at a time
 * for each adapter, since one that is being loaded counts as had, and not more often than allowed.
 * Confined to its queue's lock.
 */
final class WarmUps {
  private static final long SECOND = 1_000_000_000L;

  private final EndpointRegistry registry;
  private final AdapterDemand demand;
  private final Warmup warmup;
  private long notBefore = Long.MIN_VALUE;

  WarmUps(EndpointRegistry registry, AdapterDemand demand, Warmup warmup) {
    this.registry = registry;
    this.demand = demand;
    this.warmup = warmup;
  }

  /**
   * A request has begun to wait.
   *
   * @param ended run when a load that this started is over: it may have held a place
   */
  void wanted(PickRequest request, PoolSnapshot pool, Runnable ended) {
    QueueSettings settings = pool.settings().queue();
    AdapterRow row = pool.adapter(request.model());
    if (pool.endpoints().stream().anyMatch(pool::wakes)) {
      warmup.asleep(pool.name());
    }
    if (row != null && row.expected() && !isThere(row, pool)) {
      warmup.absent(request.model());
      return;
    }
    long now = registry.now();
    if (!settings.warmUp() || now < notBefore || row == null || !request.usesAdapter()) {
      return;
    }
    int target = target(row, request, pool, now);
    if (target >= 0) {
      notBefore = now + SECOND / settings.warmUpsPerSecond();
      warmup.start(reserve(row, target, pool.endpoints().get(target)), ended);
    }
  }

  private static boolean isThere(AdapterRow row, PoolSnapshot pool) {
    for (int i = 0; i < pool.endpoints().size(); i++) {
      if (row.registered(i) && pool.endpoints().get(i).up()) {
        return true;
      }
    }
    return false;
  }

  private Dispatch reserve(AdapterRow row, int index, EndpointState at) {
    Dispatch dispatch = registry.dispatch(at, row.cell(index), row.level(index), 0);
    return java.util.Objects.requireNonNull(dispatch, "there is no cap");
  }

  /**
   * Where the adapter that makes room is asked for least, by powers of two, and of those where the
   * load is lowest, since it will have room first.
   *
   * @return -1 when an endpoint has the adapter or is about to, or when nowhere a slot could be had
   *     without taking it from requests under way
   */
  private int target(AdapterRow row, PickRequest request, PoolSnapshot pool, long now) {
    int best = -1;
    int bestDemand = 0;
    int bestLoad = 0;
    for (int i = 0; i < pool.endpoints().size(); i++) {
      EndpointState at = pool.endpoints().get(i);
      if (!at.up() || !row.registered(i)) {
        continue;
      }
      if (row.level(i) == Residency.GPU || row.cell(i).inFlight() > 0 || row.cell(i).loading(now)) {
        return -1;
      }
      boolean elsewhere = request.pinnedElsewhere(at.endpoint().address());
      int lost = lost(at);
      if (!at.residency().known() || elsewhere || lost < 0) {
        continue;
      }
      int load = at.requests();
      if (best < 0 || lost < bestDemand || (lost == bestDemand && load < bestLoad)) {
        best = i;
        bestDemand = lost;
        bestLoad = load;
      }
    }
    return best;
  }

  /**
   * The demand for the adapter that the engine would evict, the oldest without requests under way:
   * the power of two of its requests per minute. 0 when a slot is free, -1 when all are busy.
   */
  private int lost(EndpointState at) {
    EndpointState.Held held = at.residency();
    if (held.gpu().size() < held.slots()) {
      return 0;
    }
    for (String adapter : held.gpu()) {
      if (at.inFlight().cell(adapter).inFlight() == 0) {
        return Math.getExponent(1 + demand.rate(adapter) * 60);
      }
    }
    return -1;
  }
}
