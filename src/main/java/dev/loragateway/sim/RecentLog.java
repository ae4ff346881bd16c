package dev.loragateway.sim;

import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Function;

/** A log that forgets its oldest entries beyond a bound. Thread-safe. */
final class RecentLog<T> {
  private final int bound;
  private final ArrayDeque<T> entries = new ArrayDeque<>();

  RecentLog(int bound) {
    this.bound = bound;
  }

  synchronized void add(T entry) {
    if (entries.size() == bound) {
      entries.removeFirst();
    }
    entries.addLast(entry);
  }

  synchronized <R> List<R> list(Function<T, R> view) {
    return entries.stream().map(view).toList();
  }
}
