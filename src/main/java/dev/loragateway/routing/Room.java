package dev.loragateway.routing;

import dev.loragateway.registry.AdapterRow;
import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RoutingPolicy;
import java.util.Arrays;

/**
 * Which endpoints of a pool have room at one moment, one bit each, so that requests that cannot be
 * placed are told at a glance. Immutable.
 */
final class Room {
  private final PoolSnapshot pool;
  private final long[] up;
  private final long[] places;
  private final long[] slots;
  private final long[] wakes;

  /**
   * Looks at every endpoint.
   *
   * @param now the registry's clock
   */
  Room(PoolSnapshot pool, long now) {
    int words = (pool.endpoints().size() + Long.SIZE - 1) / Long.SIZE;
    this.pool = pool;
    this.up = new long[words];
    this.places = new long[words];
    this.slots = new long[words];
    this.wakes = new long[words];
    boolean startsNow = pool.settings().routing().policy() == RoutingPolicy.LORA_AWARE;
    for (int i = 0; i < pool.endpoints().size(); i++) {
      EndpointState at = pool.endpoints().get(i);
      long bit = 1L << i;
      if (!at.up()) {
        wakes[i >> 6] |= pool.wakes(at) ? bit : 0;
        continue;
      }
      up[i >> 6] |= bit;
      boolean fresh = at.fresh(now, pool.settings().staleAfter().toNanos());
      boolean place =
          !at.saturated(pool.settings().routing(), fresh)
              && (!startsNow || at.placeFree(pool.settings().routing().maxNumSeqs()));
      if (place) {
        places[i >> 6] |= bit;
        boolean slot = !startsNow || !fresh || !at.residency().known() || at.slotFree();
        slots[i >> 6] |= slot ? bit : 0;
      }
    }
  }

  private static boolean any(long[] words) {
    return Arrays.stream(words).anyMatch(word -> word != 0);
  }

  /**
   * Returns whether the request should be picked for: an endpoint may have room for it, or none is
   * left that serves it or will, so that it waits for nothing. A request that is bound to certain
   * endpoints always should.
   */
  boolean worthALook(PickRequest request) {
    AdapterRow row = pool.adapter(request.model());
    boolean base = pool.baseNames().contains(request.model());
    boolean everywhere = base || pool.settings().resolver();
    if (request.pinned() != null || !request.tried().isEmpty() || (row == null && !base)) {
      return true;
    }
    boolean served = false;
    boolean comes = row != null && row.expected() && (any(up) || any(wakes));
    for (int i = 0; i < up.length; i++) {
      long all = everywhere || row == null ? -1 : row.registeredWord(i);
      long serving = up[i] & all;
      long there = base || row == null ? places[i] : slots[i] | (row.hereWord(i) & places[i]);
      if ((serving & there) != 0) {
        return true;
      }
      served |= serving != 0;
      comes |= (wakes[i] & all) != 0;
    }
    return !served && !comes;
  }
}
