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

  void set(int endpoint, boolean on) {
    int word = endpoint >> 6;
    long bit = 1L << endpoint;
    long old = bits.get(word);
    while ((old & bit) != 0 != on && !bits.compareAndSet(word, old, old ^ bit)) {
      old = bits.get(word);
    }
  }
}
