package dev.loragateway.routing;

import dev.loragateway.registry.AdapterCell;
import dev.loragateway.registry.AdapterRow;
import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.routing.FairLines.Ticket;
import org.jspecify.annotations.Nullable;

/**
 * Frees a GPU slot for a request that has waited for one for too long. Confined to its queue's
 * lock.
 */
/*
 * While adapters are asked for without a pause, their slots never come free, and vLLM lets them pass
 * whoever waits for a slot. So the gateway closes one of them, at one endpoint, to further requests:
 * those under way end, the others wait or go elsewhere, and the slot comes free.
 */
final class SlotReservation {
  /** A request may wait for so many answers before a slot is freed for it. */
  private static final double PATIENCE = 1;

  private @Nullable Ticket holder;
  private @Nullable AdapterCell closed;

  /** Ends the reservation of a request that no longer waits; returns whether it had one. */
  boolean over(Ticket ticket) {
    boolean held = ticket.equals(holder);
    if (held) {
      open();
    }
    return held;
  }

  private void open() {
    holder = null;
    if (closed != null) {
      closed.close(false);
      closed = null;
    }
  }

  /**
   * Makes one for the oldest request, unless there is one or it has not waited for long. One whose
   * slot came free without going to its holder is made anew.
   */
  void consider(Ticket oldest, PoolSnapshot pool, long now) {
    if (closed != null && closed.inFlight() == 0) {
      open();
    }
    boolean patient = (now - oldest.since) / 1e6 <= PATIENCE * pool.answerMillis();
    if (holder != null || patient) {
      return;
    }
    closed = leastUsed(oldest.request.pick(), pool);
    if (closed != null) {
      closed.close(true);
      holder = oldest;
    }
  }

  /** The adapter with the fewest requests under way at an endpoint where it takes the last slot. */
  private static @Nullable AdapterCell leastUsed(PickRequest request, PoolSnapshot pool) {
    AdapterRow row = pool.adapter(request.model());
    AdapterCell least = null;
    int fewest = Integer.MAX_VALUE;
    for (int i = 0; i < pool.endpoints().size(); i++) {
      EndpointState at = pool.endpoints().get(i);
      boolean serves = row != null && row.registered(i) && at.up();
      if (!serves || request.pinnedElsewhere(at.endpoint().address()) || at.slotFree()) {
        continue;
      }
      for (String adapter : at.residency().gpu()) {
        AdapterCell cell = at.inFlight().cell(adapter);
        int requests = cell.inFlight();
        if (requests > 0 && requests < fewest) {
          least = cell;
          fewest = requests;
        }
      }
    }
    return least;
  }
}
