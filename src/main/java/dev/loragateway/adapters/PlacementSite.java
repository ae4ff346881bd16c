package dev.loragateway.adapters;

import java.util.Map;

/**
 * An endpoint as somewhere to load adapters. Immutable.
 *
 * @param address {@code host:port}
 * @param baseModel which adapters fit
 * @param slots adapters that are on its GPU at once, from 1
 * @param maxRank largest rank that it takes; 0 = not known
 * @param load requests that it has anyway, as for the base model, in the unit of {@link
 *     PlacementRequest#demand}
 * @param labels of where it runs: {@value #NODE}, {@value #ZONE} and others
 */
public record PlacementSite(
    String address,
    String baseModel,
    int slots,
    int maxRank,
    double load,
    Map<String, String> labels) {
  public static final String NODE = "kubernetes.io/hostname";
  public static final String ZONE = "topology.kubernetes.io/zone";

  public PlacementSite {
    if (slots < 1) {
      throw new IllegalArgumentException(
          address + " has " + slots + " slots (expected: 1 or more)");
    }
    labels = Map.copyOf(labels);
  }
}
