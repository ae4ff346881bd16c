package dev.loragateway.adapters;

/**
 * A further name of an adapter. Adapters that have the same one share its requests by weight.
 * Immutable.
 *
 * @param name that users ask for
 * @param weight relative to the other adapters', 0 to 1,000; 0 = none for now
 */
public record AliasShare(String name, int weight) {
  /** The weight of an adapter that does not say. */
  public static final int USUAL = 100;

  public static final int MOST = 1000;

  public AliasShare {
    if (weight < 0 || weight > MOST) {
      throw new IllegalArgumentException(
          "alias %s has a weight of %d (expected: 0 to %d)".formatted(name, weight, MOST));
    }
  }

  /** An alias with the usual weight. */
  public AliasShare(String name) {
    this(name, USUAL);
  }
}
