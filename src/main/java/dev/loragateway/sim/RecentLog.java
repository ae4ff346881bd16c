package dev.loragateway.sim;

import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/** A log that forgets its oldest entries beyond a number and a total weight. Thread-safe. */
final class RecentLog<T> {
  private final int maxEntries;
  private final long maxWeight;
  private final ToLongFunction<T> weigher;
  private final ArrayDeque<T> entries = new ArrayDeque<>();
  private long weight;

  /**
   * @param weigher gives each entry a weight that never changes
   */
  RecentLog(int maxEntries, long maxWeight, ToLongFunction<T> weigher) {
    this.maxEntries = maxEntries;
    this.maxWeight = maxWeight;
    this.weigher = weigher;
  }

  synchronized void add(T entry) {
    entries.addLast(entry);
    weight += weigher.applyAsLong(entry);
    while (entries.size() > maxEntries || (weight > maxWeight && entries.size() > 1)) {
      weight -= weigher.applyAsLong(entries.removeFirst());
    }
  }

  synchronized <R> List<R> list(Function<T, R> view) {
    return entries.stream().map(view).toList();
  }
}
