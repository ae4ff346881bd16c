package dev.loragateway.routing;

import dev.loragateway.model.Residency;

/**
 * The plain order of tiers: resident, then the shortest swap queue, then the least load. Stateless.
 */
final class TieredOrder {
  private static final int SWAP = 1;
  private static final int LOAD = 2;

  private TieredOrder() {}

  /**
   * What comes before load in the order; the lower, the better. Bit by bit, the most telling first:
   * the tier; whether the engine holds the request back; the swap queue; disk rather than host
   * memory; whether a swap evicts.
   */
  static long key(Candidate at) {
    if (at.here()) {
      return 0;
    }
    if (at.unknown()) {
      return (long) LOAD << 40;
    }
    return (long) SWAP << 40
        | bit(!at.startsNow()) << 39
        | (long) at.swaps() << 2
        | bit(at.level() != Residency.CPU) << 1
        | bit(at.state().residency().gpu().size() >= at.state().residency().slots());
  }

  /** Returns whether the demand for the victims orders two candidates of this key. */
  static boolean swaps(long key) {
    return key >>> 40 == SWAP;
  }

  private static long bit(boolean set) {
    return set ? 1 : 0;
  }
}
