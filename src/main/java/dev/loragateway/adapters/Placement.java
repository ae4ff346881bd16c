package dev.loragateway.adapters;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which endpoints should have which adapters. Immutable.
 *
 * @param copies addresses of the endpoints, by adapter
 * @param missing why an adapter has fewer copies than it should, by adapter
 */
public record Placement(Map<String, List<String>> copies, Map<String, String> missing) {
  /** Nothing is anywhere. */
  public static final Placement NONE = new Placement(Map.of(), Map.of());

  public Placement {
    copies = Collections.unmodifiableMap(new LinkedHashMap<>(copies));
    missing = Collections.unmodifiableMap(new LinkedHashMap<>(missing));
  }

  /** Where an adapter should be. */
  public List<String> of(String adapter) {
    return copies.getOrDefault(adapter, List.of());
  }
}
