package dev.loragateway.adapters;

/**
 * How adapters are placed. Immutable.
 *
 * @param strategy for new copies
 * @param reserve share of an endpoint's slots, 0 to below 1, that is kept for swaps
 * @param maxMoves copies that one plan may move only to balance what is uneven, from 0
 */
public record PlacementSettings(PlacementStrategy strategy, double reserve, int maxMoves) {
  /** Balanced, with an eighth of the slots in reserve. */
  public static final PlacementSettings DEFAULT =
      new PlacementSettings(PlacementStrategy.BALANCED, 0.125, 8);

  public PlacementSettings {
    if (!(reserve >= 0 && reserve < 1)) {
      throw new IllegalArgumentException("reserve is " + reserve + " (expected: 0 to below 1)");
    }
    if (maxMoves < 0) {
      throw new IllegalArgumentException("maxMoves is " + maxMoves + " (expected: 0 or more)");
    }
  }
}
