package dev.loragateway.adapters;

/** Which endpoint gets the next copy of an adapter. */
public enum PlacementStrategy {
  /**
   * The nearest home of the adapter whose share of the demand, and of the copies, is not more than
   * a quarter above what is fair ("Consistent Hashing with Bounded Loads", Mirrokni et al., 2018).
   */
  BALANCED,

  /** The one with the fewest adapters for each of its slots. */
  LEAST_ADAPTERS,

  /** The fullest one that has a slot left, so that others stay free. */
  BIN_PACK,

  /** Any, though the same one each time. */
  RANDOM
}
