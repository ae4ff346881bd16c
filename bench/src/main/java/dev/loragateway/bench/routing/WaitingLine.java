package dev.loragateway.bench.routing;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Requests that wait at a server, in order of arrival, and for each adapter the order among its
 * own. So the next request that may pass is found without looking at all that may not. Confined to
 * one simulation.
 */
final class WaitingLine {
  private static final class Line {
    private @Nullable Request first;
    private @Nullable Request last;
  }

  private final Line[] own;
  private @Nullable Request first;
  private @Nullable Request last;
  private int size;
  private long arrivals;

  /** An empty line; the base model's requests have their own line, too. */
  WaitingLine(int adapters) {
    own = new Line[adapters + 1];
    for (int i = 0; i < own.length; i++) {
      own[i] = new Line();
    }
  }

  int size() {
    return size;
  }

  void add(Request request) {
    request.place = ++arrivals;
    request.before = last;
    request.behind = null;
    request.behindOwn = null;
    if (last == null) {
      first = request;
    } else {
      last.behind = request;
    }
    last = request;
    Line line = line(request.adapter);
    if (line.last == null) {
      line.first = request;
    } else {
      line.last.behindOwn = request;
    }
    line.last = request;
    size++;
  }

  /** Who came first of all, or null. */
  @Nullable Request first() {
    return first;
  }

  /** Who came first of those that want this adapter (or the base model), or null. */
  @Nullable Request first(int adapter) {
    return line(adapter).first;
  }

  /** Removes the first of its adapter's requests. */
  void remove(Request request) {
    Line line = line(request.adapter);
    line.first = request.behindOwn;
    if (line.first == null) {
      line.last = null;
    }
    if (request.before == null) {
      first = request.behind;
    } else {
      request.before.behind = request.behind;
    }
    if (request.behind == null) {
      last = request.before;
    } else {
      request.behind.before = request.before;
    }
    size--;
  }

  /** How many of those that wait came no later than {@code place}. */
  int upTo(long place) {
    int count = 0;
    for (Request at = first; at != null && at.place <= place; at = at.behind) {
      count++;
    }
    return count;
  }

  /** Removes and passes on everybody. */
  void drain(Consumer<Request> to) {
    for (Request at = first; at != null; at = first) {
      remove(at);
      to.accept(at);
    }
  }

  private Line line(int adapter) {
    return own[adapter + 1];
  }
}
