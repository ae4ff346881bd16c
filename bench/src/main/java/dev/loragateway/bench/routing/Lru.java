package dev.loragateway.bench.routing;

/**
 * Small numbers in the order of their last touch, at most {@code capacity} of them: a list threaded
 * through two arrays, so that every operation takes constant time. Confined to one simulation.
 */
final class Lru {
  private static final int OUT = -1;

  private final int[] older;
  private final int[] newer;
  private final int head;
  private final int capacity;
  private int size;

  /** An empty list that can hold numbers below {@code universe}. */
  Lru(int universe, int capacity) {
    older = new int[universe + 1];
    newer = new int[universe + 1];
    head = universe;
    this.capacity = capacity;
    clear();
  }

  void clear() {
    java.util.Arrays.fill(newer, OUT);
    newer[head] = head;
    older[head] = head;
    size = 0;
  }

  boolean contains(int item) {
    return newer[item] != OUT;
  }

  boolean full() {
    return size >= capacity;
  }

  int size() {
    return size;
  }

  /** The item touched longest ago; the list must not be empty. */
  int oldest() {
    return newer[head];
  }

  /** The next newer item, or a negative number after the newest. */
  int after(int item) {
    int next = newer[item];
    return next == head ? OUT : next;
  }

  /** Makes the item the newest, adding it when it is not there. */
  void touch(int item) {
    if (contains(item)) {
      remove(item);
    }
    int last = older[head];
    newer[last] = item;
    older[item] = last;
    newer[item] = head;
    older[head] = item;
    size++;
  }

  void remove(int item) {
    int before = older[item];
    int behind = newer[item];
    newer[before] = behind;
    older[behind] = before;
    newer[item] = OUT;
    size--;
  }
}
