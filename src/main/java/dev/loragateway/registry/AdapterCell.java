package dev.loragateway.registry;

import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * What the gateway itself does with one adapter at one endpoint right now. Unlike the snapshot it
 * is live, so that two event loops see each other's dispatches at once. Thread-safe.
 */
public final class AdapterCell {
  private static final AtomicIntegerFieldUpdater<AdapterCell> IN_FLIGHT =
      AtomicIntegerFieldUpdater.newUpdater(AdapterCell.class, "inFlight");
  private static final AtomicLongFieldUpdater<AdapterCell> LOADING_UNTIL =
      AtomicLongFieldUpdater.newUpdater(AdapterCell.class, "loadingUntil");

  /** Where a listed adapter's cell shows that it has requests under way. */
  private record Row(EndpointBits busy, int endpoint) {}

  private final String adapter;
  private volatile int inFlight;
  private volatile long loadingUntil = Long.MIN_VALUE;
  private volatile @Nullable Row row;
  private volatile boolean closed;
  private volatile long lastUsed = Long.MIN_VALUE;

  AdapterCell(String adapter) {
    this.adapter = adapter;
  }

  public String adapter() {
    return adapter;
  }

  /** Requests for the adapter that are under way there. */
  public int inFlight() {
    return inFlight;
  }

  /** Returns whether a swap that the gateway caused is still expected to be under way. */
  public boolean loading(long now) {
    return loadingUntil > now;
  }

  /** Returns whether the engine holds its requests back until another adapter's slot comes free. */
  public boolean deferred() {
    return loadingUntil == Long.MAX_VALUE;
  }

  /** Time of the last dispatch, first byte or finish, in the registry's nanoseconds. */
  public long lastUsed() {
    return lastUsed;
  }

  /** Returns whether the adapter was ever used there. */
  public boolean used() {
    return lastUsed != Long.MIN_VALUE;
  }

  /** Returns whether the adapter's slot there is to come free, so that nothing is added to it. */
  public boolean closed() {
    return closed;
  }

  public void close(boolean closed) {
    this.closed = closed;
  }

  /** Notes that a swap began and when it is expected to end. */
  void load(long until) {
    loadingUntil = until;
  }

  /** Notes that the swap ended. */
  void loaded() {
    loadingUntil = Long.MIN_VALUE;
  }

  /** Forgets the swap that was to end at {@code until}, unless another began since. */
  void gaveUp(long until) {
    LOADING_UNTIL.compareAndSet(this, until, Long.MIN_VALUE);
  }

  /** When the swap under way is expected to end; in the past when there is none. */
  public long loadingUntil() {
    return loadingUntil;
  }

  /** Returns whether an endpoint lists the adapter, so that the cell is kept. */
  boolean listed() {
    return row != null;
  }

  /** Makes this the cell of a listed adapter, at a position in the adapter's row. */
  void list(EndpointBits busy, int endpoint) {
    Row listed = new Row(busy, endpoint);
    row = listed;
    show(listed);
  }

  /** Two at once may overtake each other; so each looks again after it wrote. */
  private void show(Row at) {
    boolean busy;
    do {
      busy = inFlight > 0;
      at.busy().set(at.endpoint(), busy);
    } while (busy != inFlight > 0);
  }

  void touch(long now) {
    lastUsed = now;
  }

  /** Counts a request; returns whether it is the only one. */
  boolean enter() {
    boolean only = IN_FLIGHT.getAndIncrement(this) == 0;
    changed(only);
    return only;
  }

  /** Counts the end of a request; returns whether it was the last one. */
  boolean leave() {
    boolean last = IN_FLIGHT.decrementAndGet(this) == 0;
    changed(last);
    return last;
  }

  /** Shows whether there are requests, when that has turned. */
  private void changed(boolean turned) {
    Row at = row;
    if (turned && at != null) {
      show(at);
    }
  }
}
