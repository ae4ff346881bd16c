package dev.loragateway.routing;

import dev.loragateway.registry.AdapterCell;
import dev.loragateway.registry.AdapterRow;
import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RoutingPolicy;
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

  /** So many of those that wait are considered; for some no slot can be freed. */
  private static final int CONSIDERED = 8;

  /** An adapter that takes a slot. */
  private record Slot(EndpointState at, AdapterCell cell) {}

  private @Nullable Ticket holder;
  private @Nullable Slot closed;

  /** Ends the reservation of a request that no longer waits; returns whether it had one. */
  boolean over(Ticket ticket) {
    boolean held = ticket.equals(holder);
    if (held) {
      open();
    }
    return held;
  }

  /**
   * Ends one that leads to nothing: its slot came free without going to its holder, or its endpoint
   * is gone or down. Returns whether there was such a one.
   */
  boolean lapsed(@Nullable PoolSnapshot pool) {
    Slot slot = closed;
    boolean over = slot != null && (slot.cell.inFlight() == 0 || !serves(pool, slot));
    if (over) {
      open();
    }
    return over;
  }

  private static boolean serves(@Nullable PoolSnapshot pool, Slot slot) {
    if (pool != null) {
      for (EndpointState at : pool.endpoints()) {
        if (at.up() && at.inFlight().equals(slot.at.inFlight())) {
          return true;
        }
      }
    }
    return false;
  }

  private void open() {
    holder = null;
    if (closed != null) {
      closed.cell.close(false);
      closed = null;
    }
  }

  /** Makes one for the oldest request for which a slot can be freed, if it has waited for long. */
  void consider(FairLines lines, PoolSnapshot pool, long now) {
    if (holder != null || pool.settings().routing().policy() != RoutingPolicy.LORA_AWARE) {
      return;
    }
    for (Ticket waiting : lines.heads(CONSIDERED)) {
      boolean patient = (now - waiting.since) / 1e6 <= PATIENCE * pool.answerMillis();
      Slot slot = patient ? null : leastUsed(waiting.again, pool);
      if (slot != null) {
        slot.cell.close(true);
        closed = slot;
        holder = waiting;
        return;
      }
    }
  }

  /**
   * The adapter with the fewest requests under way, of those that take the last slot at an endpoint
   * where the request's own adapter has none.
   */
  private static @Nullable Slot leastUsed(PickRequest request, PoolSnapshot pool) {
    AdapterRow row = pool.adapter(request.model());
    Slot least = null;
    int fewest = Integer.MAX_VALUE;
    for (int i = 0; row != null && i < pool.endpoints().size(); i++) {
      EndpointState at = pool.endpoints().get(i);
      if (!row.registered(i) || row.busy(i) || !at.up() || at.slotFree() || excluded(request, at)) {
        continue;
      }
      for (String adapter : at.residency().gpu()) {
        AdapterCell cell = at.inFlight().cell(adapter);
        int requests = cell.inFlight();
        if (requests > 0 && requests < fewest) {
          least = new Slot(at, cell);
          fewest = requests;
        }
      }
    }
    return least;
  }

  private static boolean excluded(PickRequest request, EndpointState at) {
    String address = at.endpoint().address();
    return request.pinnedElsewhere(address) || request.tried().contains(address);
  }
}
