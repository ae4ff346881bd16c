package dev.loragateway.registry;

/**
 * How full a pool's endpoints are meant to be, from which follows how many it should have.
 * Immutable.
 *
 * @param utilizationPercent share of an endpoint's places that may be taken on average, 1 to 100
 * @param swapTimePercent share of their time that the endpoints may spend on swaps, 1 to 100
 */
public record ScalingSettings(int utilizationPercent, int swapTimePercent) {
  public static final ScalingSettings DEFAULTS = new ScalingSettings(70, 10);
}
