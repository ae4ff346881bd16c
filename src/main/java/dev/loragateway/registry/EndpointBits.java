package dev.loragateway.registry;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * One bit for each endpoint of a pool. Where many endpoints are asked the same about one adapter,
 * all answers lie in few cache lines. Thread-safe.
 */
final class EndpointBits {
  private final AtomicLongArray bits;

  EndpointBits(int endpoints) {
    bits = new AtomicLongArray((endpoints + Long.SIZE - 1) / Long.SIZE);
  }

  /** A plain read, not ordered with others. */
  boolean at(int endpoint) {
    return (bits.getPlain(endpoint >> 6) & 1L << endpoint) != 0;
  }

  /** The bits of the 64 endpoints from 64 times {@code word} on. */
  long word(int word) {
    return bits.getPlain(word);
  }

  /** The first endpoint from {@code from} on whose bit is set in either; -1 when there is none. */
  static int next(int from, EndpointBits one, EndpointBits other) {
    int words = one.bits.length();
    int word = from >> 6;
    long mask = -1L << from;
    while (word < words) {
      long set = (one.word(word) | other.word(word)) & mask;
      if (set != 0) {
        return (word << 6) + Long.numberOfTrailingZeros(set);
      }
      word++;
      mask = -1;
    }
    return -1;
  }

  void set(int endpoint, boolean on) {
    int word = endpoint >> 6;
    long bit = 1L << endpoint;
    long old = bits.get(word);
    while ((old & bit) != 0 != on && !bits.compareAndSet(word, old, old ^ bit)) {
      old = bits.get(word);
    }
  }
}
