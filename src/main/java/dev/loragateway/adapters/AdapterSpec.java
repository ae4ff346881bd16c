package dev.loragateway.adapters;

import java.util.List;

/**
 * An adapter that should exist. Immutable.
 *
 * @param name that users ask for, see {@link AdapterNames}
 * @param baseModel of the pool that is to serve it; empty = the one that its files name
 * @param source of its files
 * @param replicas endpoints that should have it
 * @param preferences among them
 * @param aliases further names
 */
public record AdapterSpec(
    String name,
    String baseModel,
    AdapterSource source,
    Replicas replicas,
    Preferences preferences,
    List<AliasShare> aliases) {
  public AdapterSpec {
    aliases = List.copyOf(aliases);
  }

  /** An adapter without preferences or aliases, on as many endpoints as its demand asks for. */
  public AdapterSpec(String name, String baseModel, AdapterSource source) {
    this(name, baseModel, source, Replicas.AUTO, Preferences.NONE, List.of());
  }
}
