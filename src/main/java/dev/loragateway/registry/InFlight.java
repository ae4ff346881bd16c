package dev.loragateway.registry;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.stream.Stream;

/**
 * The gateway's own requests at one endpoint: the only state that changes between two snapshots,
 * and that outlives them. Thread-safe, without locks.
 */
/*
 * A pick reads `total` and `distinct` of every endpoint. These reads are plain ones: a pick only needs
 * figures that are not older than itself, and an ordered read of each would have it reload all else.
 */
public final class InFlight {
  private static final VarHandle TOTAL = field("total");
  private static final VarHandle DISTINCT = field("distinct");
  private static final AtomicReferenceFieldUpdater<InFlight, AdapterCell[]> LOADING =
      AtomicReferenceFieldUpdater.newUpdater(InFlight.class, AdapterCell[].class, "loading");

  private volatile int total;

  @SuppressWarnings("UnusedVariable") // Read through its handle alone.
  private volatile int distinct;

  private final ConcurrentHashMap<String, AdapterCell> cells = new ConcurrentHashMap<>();

  /**
   * Cells whose swap began and may still be under way; written once a swap, pruned when written.
   */
  private volatile AdapterCell[] loading = {};

  private volatile long swapsEnd = Long.MIN_VALUE;

  /** Whether the last requests failed, so that one that goes well is worth telling. */
  private volatile boolean failing;

  private static VarHandle field(String name) {
    try {
      return MethodHandles.lookup().findVarHandle(InFlight.class, name, int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Requests under way, base model included. */
  public int total() {
    return (int) TOTAL.get(this);
  }

  /** Distinct adapters that have requests under way. */
  public int distinctAdapters() {
    return (int) DISTINCT.get(this);
  }

  /** The cell of an adapter that the pool lists, kept for good. */
  AdapterCell listedCell(String adapter, EndpointBits busy, int endpoint) {
    return Objects.requireNonNull(
        cells.compute(
            adapter,
            (name, known) -> {
              AdapterCell cell = known != null ? known : new AdapterCell(name);
              cell.list(busy, endpoint);
              return cell;
            }));
  }

  /**
   * The cell of an adapter. One that no endpoint lists, a resolver's, is only remembered while it
   * has requests under way, whatever names clients invent.
   */
  public AdapterCell cell(String adapter) {
    AdapterCell cell = cells.get(adapter);
    return cell != null ? cell : new AdapterCell(adapter);
  }

  /** The cell that everybody sees. */
  AdapterCell shared(AdapterCell cell) {
    AdapterCell known = cell.listed() ? cell : cells.putIfAbsent(cell.adapter(), cell);
    return known != null ? known : cell;
  }

  /** Takes a place unless {@code cap} are taken; a cap of 0 is none. */
  public boolean reserve(int cap) {
    if (cap <= 0) {
      TOTAL.getAndAdd(this, 1);
      return true;
    }
    for (int now = total; now < cap; now = total) {
      if (TOTAL.compareAndSet(this, now, now + 1)) {
        return true;
      }
    }
    return false;
  }

  /** Gives a place back. */
  public void release() {
    TOTAL.getAndAdd(this, -1);
  }

  /** Counts a request for the adapter; pair with {@link #leave}. */
  void enter(AdapterCell cell) {
    if (cell.enter()) {
      DISTINCT.getAndAdd(this, 1);
    }
  }

  /** Counts the end of a request for the adapter. */
  void leave(AdapterCell cell) {
    long load = cell.loadingUntil();
    if (cell.leave()) {
      DISTINCT.getAndAdd(this, -1);
      if (load != Long.MIN_VALUE) {
        cell.gaveUp(load);
        swapsChanged();
      }
      if (!cell.listed()) {
        forget(cell);
      }
    }
  }

  /** Drops a cell that no endpoint lists, unless it comes to be listed at this very moment. */
  private void forget(AdapterCell cell) {
    cells.computeIfPresent(
        cell.adapter(),
        (name, known) -> known == cell && !cell.listed() && cell.inFlight() == 0 ? null : known);
  }

  /** Notes that a swap of the adapter began and when it is expected to end. */
  void load(AdapterCell cell, long until, long now) {
    cell.load(until);
    AdapterCell[] before;
    do {
      before = loading;
    } while (!LOADING.compareAndSet(this, before, with(cell, before, now)));
    swapsChanged();
  }

  /** Notes that the adapter is in a slot, if a swap of it was under way. */
  void loaded(AdapterCell cell) {
    if (cell.loadingUntil() != Long.MIN_VALUE) {
      cell.loaded();
      swapsChanged();
    }
  }

  /**
   * Takes the end of all swaps anew. Two threads at once may leave the older one in place, which
   * the next swap puts right: it is an estimate in any case.
   */
  private void swapsChanged() {
    long end = Long.MIN_VALUE;
    for (AdapterCell cell : loading) {
      if (!cell.deferred()) {
        end = Math.max(end, cell.loadingUntil());
      }
    }
    swapsEnd = end;
  }

  /** This cell and those of the others whose swap is still under way. */
  private static AdapterCell[] with(AdapterCell cell, AdapterCell[] others, long now) {
    AdapterCell[] cells = new AdapterCell[others.length + 1];
    int kept = 0;
    for (AdapterCell other : others) {
      if (other != cell && other.loading(now)) {
        cells[kept++] = other;
      }
    }
    cells[kept++] = cell;
    return kept == cells.length ? cells : Arrays.copyOf(cells, kept);
  }

  /** Number of adapters that are being loaded: the length of the swap queue. */
  public int swaps(long now) {
    int swaps = 0;
    for (AdapterCell cell : loading) {
      swaps += cell.loading(now) ? 1 : 0;
    }
    return swaps;
  }

  /**
   * When the last of the swaps under way is expected to end: a server swaps one adapter after the
   * other. In the past when there is none; those that wait for a slot do not count.
   */
  public long swapsEnd() {
    return swapsEnd;
  }

  /** Names of the adapters that are being loaded: the swap queue. */
  public List<String> swapQueue(long now) {
    return Stream.of(loading).filter(cell -> cell.loading(now)).map(AdapterCell::adapter).toList();
  }

  /** Returns whether requests failed since one last went well. */
  boolean failing() {
    return failing;
  }

  void failing(boolean failing) {
    this.failing = failing;
  }

  /** Drops the cells of adapters that are idle and not among {@code known}. */
  void retain(Set<String> known) {
    if (cells.size() > known.size()) {
      cells.values().removeIf(cell -> cell.inFlight() == 0 && !known.contains(cell.adapter()));
    }
  }
}
