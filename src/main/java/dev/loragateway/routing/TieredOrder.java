package dev.loragateway.routing;

import dev.loragateway.model.Residency;

/**
 * The plain order of tiers: resident, then the shortest swap queue, then the least load. Stateless.
 */
final class TieredOrder {
  private TieredOrder() {}

  /** Negative when {@code a} comes first, zero when only a tie-break can tell. */
  static int compare(Candidate a, Candidate b, AdapterDemand demand) {
    int order = Integer.compare(tier(a), tier(b));
    if (order == 0 && tier(a) == 1) {
      order = bySwap(a, b, demand);
    }
    return order != 0 ? order : Double.compare(a.load(), b.load());
  }

  private static int tier(Candidate at) {
    return at.here() ? 0 : at.unknown() ? 2 : 1;
  }

  private static int bySwap(Candidate a, Candidate b, AdapterDemand demand) {
    int order = Boolean.compare(b.startsNow(), a.startsNow());
    if (order == 0) {
      order = Integer.compare(a.swaps(), b.swaps());
    }
    if (order == 0) {
      order = Boolean.compare(b.level() == Residency.CPU, a.level() == Residency.CPU);
    }
    if (order == 0) {
      order = Boolean.compare(freeSlot(b), freeSlot(a));
    }
    return order != 0
        ? order
        : Double.compare(CostModel.victimRate(a, demand), CostModel.victimRate(b, demand));
  }

  private static boolean freeSlot(Candidate at) {
    return at.state().residency().gpu().size() < at.state().residency().slots();
  }
}
