package dev.loragateway.adapters;

import java.util.Map;
import java.util.Set;

/**
 * Where an adapter would rather be. Immutable.
 *
 * @param priority higher ones are placed first; 0 is usual
 * @param within labels of endpoints whose value has to be one of these, see {@link PlacementSite};
 *     {@value #ENGINE} is one, too
 */
public record Preferences(int priority, Map<String, Set<String>> within) {
  /** The label with the name of an endpoint's engine: {@code vllm} or {@code sglang}. */
  public static final String ENGINE = "engine";

  public static final Preferences NONE = new Preferences(0, Map.of());

  public Preferences {
    within = Map.copyOf(within);
  }
}
