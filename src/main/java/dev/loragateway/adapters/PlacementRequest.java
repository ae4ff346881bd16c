package dev.loragateway.adapters;

import java.util.Map;
import java.util.Set;

/**
 * An adapter that is to be loaded. Immutable.
 *
 * @param adapter its name
 * @param baseModel that it was trained for
 * @param copies endpoints that should have it, from 0; {@link #ALL} = every one that fits
 * @param demand requests that it has at once on average, from 0
 * @param rank its rank; 0 = not known
 * @param priority higher ones are placed first
 * @param within labels whose value has to be one of these, see {@link PlacementSite#labels}
 * @param avoid addresses of endpoints that could not load it
 */
public record PlacementRequest(
    String adapter,
    String baseModel,
    int copies,
    double demand,
    int rank,
    int priority,
    Map<String, Set<String>> within,
    Set<String> avoid) {
  public static final int ALL = Integer.MAX_VALUE;

  public PlacementRequest {
    if (copies < 0) {
      throw new IllegalArgumentException(
          adapter + " has " + copies + " copies (expected: 0 or more)");
    }
    if (!(demand >= 0)) {
      throw new IllegalArgumentException(
          adapter + " has a demand of " + demand + " (expected: 0 or more)");
    }
    within = Map.copyOf(within);
    avoid = Set.copyOf(avoid);
  }

  /** An adapter that may be loaded wherever it fits. */
  public PlacementRequest(
      String adapter,
      String baseModel,
      int copies,
      double demand,
      int rank,
      int priority,
      Map<String, Set<String>> within) {
    this(adapter, baseModel, copies, demand, rank, priority, within, Set.of());
  }

  /** Returns null when it may be loaded there, else why not. */
  @org.jspecify.annotations.Nullable
  String unfit(PlacementSite site) {
    if (!site.baseModel().equals(baseModel)) {
      return "other base model";
    }
    if (site.maxRank() > 0 && rank > site.maxRank()) {
      return "rank " + rank + " is above " + site.maxRank();
    }
    if (avoid.contains(site.address())) {
      return "could not load it";
    }
    for (Map.Entry<String, Set<String>> label : within.entrySet()) {
      if (!label.getValue().contains(site.labels().getOrDefault(label.getKey(), ""))) {
        return "label " + label.getKey();
      }
    }
    return null;
  }
}
