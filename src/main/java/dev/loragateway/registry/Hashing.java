package dev.loragateway.registry;

/** The hash behind rendezvous hashing: equal in every gateway, on every run. Stateless. */
public final class Hashing {
  private Hashing() {}

  /** 64-bit FNV-1a over the characters, then mixed. */
  public static long of(String text) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
    }
    return mix(hash);
  }

  /** The score of a pair: the endpoint with the highest score for a name is its first home. */
  public static long score(long name, long endpoint) {
    return mix(name ^ Long.rotateLeft(endpoint, 31)) >>> 1;
  }

  /** The finalizer of MurmurHash3. */
  private static long mix(long z) {
    z = (z ^ (z >>> 33)) * 0xff51afd7ed558ccdL;
    z = (z ^ (z >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return z ^ (z >>> 33);
  }
}
