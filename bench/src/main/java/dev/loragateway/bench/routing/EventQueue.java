package dev.loragateway.bench.routing;

import java.util.Arrays;

/**
 * Simulated time and what is still to happen, in order of time, events of one moment in the order
 * in which they were added. A binary heap over arrays. Confined to one simulation.
 */
final class EventQueue {
  private static final int KIND_BITS = 4;

  private long[] times = new long[1024];
  private long[] orders = new long[1024];
  private Event[] events = new Event[1024];
  private int size;
  private long added;
  private long fired;
  private long now;

  EventQueue(long start) {
    now = start;
  }

  /** Simulated nanoseconds. */
  long now() {
    return now;
  }

  /** Events that happened so far. */
  long fired() {
    return fired;
  }

  void at(long time, Event event, int kind) {
    if (size == times.length) {
      times = Arrays.copyOf(times, size * 2);
      orders = Arrays.copyOf(orders, size * 2);
      events = Arrays.copyOf(events, size * 2);
    }
    long order = added++ << KIND_BITS | kind;
    int hole = size++;
    while (hole > 0) {
      int parent = (hole - 1) >>> 1;
      if (times[parent] <= time) {
        break;
      }
      move(parent, hole);
      hole = parent;
    }
    set(hole, time, order, event);
  }

  /** Lets the next event happen; false when none is left before {@code end}. */
  boolean next(long end) {
    if (size == 0 || times[0] > end) {
      return false;
    }
    Event event = events[0];
    int kind = (int) orders[0] & (1 << KIND_BITS) - 1;
    now = times[0];
    removeFirst();
    fired++;
    event.fire(kind);
    return true;
  }

  private void removeFirst() {
    int last = --size;
    long time = times[last];
    long order = orders[last];
    Event event = events[last];
    int hole = 0;
    for (int child = 1; child < last; child = 2 * hole + 1) {
      if (child + 1 < last && before(child + 1, times[child], orders[child])) {
        child++;
      }
      if (!before(child, time, order)) {
        break;
      }
      move(child, hole);
      hole = child;
    }
    set(hole, time, order, event);
  }

  private boolean before(int a, long time, long order) {
    return times[a] < time || (times[a] == time && orders[a] < order);
  }

  private void move(int from, int to) {
    set(to, times[from], orders[from], events[from]);
  }

  private void set(int at, long time, long order, Event event) {
    times[at] = time;
    orders[at] = order;
    events[at] = event;
  }
}
