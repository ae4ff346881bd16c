package dev.loragateway.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The gateway's own requests at one endpoint: the only state that changes between two snapshots,
 * and that outlives them. Thread-safe, without locks.
 */
public final class InFlight {
  private final AtomicInteger total = new AtomicInteger();
  private final AtomicInteger distinct = new AtomicInteger();
  private final ConcurrentHashMap<String, AdapterCell> cells = new ConcurrentHashMap<>();

  /** Requests under way, base model included. */
  public int total() {
    return total.get();
  }

  /** Distinct adapters that have requests under way. */
  public int distinctAdapters() {
    return distinct.get();
  }

  /** The cell of an adapter, made on first use. */
  public AdapterCell cell(String adapter) {
    AdapterCell cell = cells.get(adapter);
    return cell != null ? cell : cells.computeIfAbsent(adapter, AdapterCell::new);
  }

  /** Takes a place unless {@code cap} are taken; a cap of 0 is none. */
  public boolean reserve(int cap) {
    if (cap <= 0) {
      total.incrementAndGet();
      return true;
    }
    for (int now = total.get(); now < cap; now = total.get()) {
      if (total.compareAndSet(now, now + 1)) {
        return true;
      }
    }
    return false;
  }

  /** Gives a place back. */
  public void release() {
    total.decrementAndGet();
  }

  /** Counts a request for the adapter; pair with {@link #leave}. */
  public void enter(AdapterCell cell) {
    if (cell.enter() == 1) {
      distinct.incrementAndGet();
    }
  }

  /** Counts the end of a request for the adapter. */
  public void leave(AdapterCell cell) {
    if (cell.leave() == 0) {
      distinct.decrementAndGet();
      cell.loaded();
    }
  }

  /** Names of the adapters that are being loaded: the swap queue. */
  public List<String> swapQueue(long now) {
    List<String> loading = new ArrayList<>();
    for (AdapterCell cell : cells.values()) {
      if (cell.loading(now)) {
        loading.add(cell.adapter());
      }
    }
    return loading;
  }

  /** Drops the cells of adapters that are idle and not among {@code known}. */
  void retain(Set<String> known) {
    if (cells.size() > known.size()) {
      cells.values().removeIf(cell -> cell.inFlight() == 0 && !known.contains(cell.adapter()));
    }
  }
}
