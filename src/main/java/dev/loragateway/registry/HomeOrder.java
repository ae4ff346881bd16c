package dev.loragateway.registry;

import java.util.Arrays;

/**
 * The endpoints of a pool in the rendezvous order of one model: its first home first. Immutable.
 */
public final class HomeOrder {
  private final long hash;
  private final int[] order;

  private HomeOrder(long hash, int[] order) {
    this.hash = hash;
    this.order = order;
  }

  /** The order of a model over endpoints with these hashes. */
  public static HomeOrder of(String model, long[] endpointHashes) {
    long hash = Hashing.of(model);
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(endpointHashes.length);
    long low = (1L << bits) - 1;
    long[] keys = new long[endpointHashes.length];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = (Hashing.score(hash, endpointHashes[i]) & ~low) | i;
    }
    Arrays.sort(keys);
    int[] order = new int[keys.length];
    for (int i = 0; i < keys.length; i++) {
      order[i] = (int) (keys[keys.length - 1 - i] & low);
    }
    return new HomeOrder(hash, order);
  }

  /** Position in the snapshot of the n-th nearest endpoint, from 0. */
  public int nearest(int n) {
    return order[n];
  }

  /** Of the model, for {@link Hashing#score}. */
  public long hash() {
    return hash;
  }
}
