package dev.loragateway.registry;

import dev.loragateway.model.ModelCard;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The names that a control plane gives to what it loads: users ask for a name, and the servers know
 * a revision of it under a name of its own, which never shows. Immutable.
 *
 * @param names what each name stands for, adapters and aliases
 * @param copies of each model that the control plane loads, by the servers' name
 */
public record ServedNames(Map<String, Name> names, Map<String, Copies> copies) {
  /** Between an adapter and its revision; not allowed in adapters' names. */
  public static final char REVISION = '@';

  public static final ServedNames NONE = new ServedNames(Map.of(), Map.of());

  public ServedNames {
    names = Map.copyOf(names);
    copies = Map.copyOf(copies);
  }

  /** The name by which servers know a revision of an adapter. */
  public static String internal(String adapter, String revision) {
    return adapter + REVISION + revision;
  }

  /** The adapter of which this is the name of a revision, or null when it is no such name. */
  public static @Nullable String adapter(String internal) {
    int at = internal.lastIndexOf(REVISION);
    return at > 0 ? internal.substring(0, at) : null;
  }

  /** Returns whether servers alone know the name, so that nobody may ask for it. */
  boolean isInternal(String model) {
    String adapter = adapter(model);
    return copies.containsKey(model) || (adapter != null && names.containsKey(adapter));
  }

  /**
   * A name that users may ask for. Immutable.
   *
   * @param pool the name of the pool that serves it
   * @param variants at least one, also while none is loaded
   * @param card what {@code /v1/models} shows
   */
  public record Name(String pool, List<Variant> variants, ModelCard card) {
    public Name {
      variants = List.copyOf(variants);
      if (variants.isEmpty()) {
        throw new IllegalArgumentException(card.id() + " stands for nothing");
      }
    }
  }

  /**
   * Where a model may be asked for, if the server there lists it. Immutable.
   *
   * @param pool the name of its pool
   * @param ready addresses of the endpoints where it is loaded and was seen to answer
   * @param expected whether it will be loaded if it is nowhere, so that requests may wait for it
   * @param size of its weights as a multiple of the pool's mean, above 0; 1 when not known. A swap
   *     of it takes so much longer
   */
  public record Copies(String pool, Set<String> ready, boolean expected, double size) {
    public Copies {
      ready = Set.copyOf(ready);
    }
  }
}
