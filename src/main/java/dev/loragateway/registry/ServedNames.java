package dev.loragateway.registry;

import dev.loragateway.model.ModelCard;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
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

  /** Hexadecimal digits of a revision. */
  public static final int REVISION_DIGITS = 12;

  private static final Pattern INTERNAL =
      Pattern.compile(".+" + REVISION + "[0-9a-f]{" + REVISION_DIGITS + "}");

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

  /** Returns whether the name has the form of those that the control plane gives to revisions. */
  public static boolean isRevision(String model) {
    return INTERNAL.matcher(model).matches();
  }

  /** The revision in such a name. */
  public static String revision(String internal) {
    return internal.substring(internal.length() - REVISION_DIGITS);
  }

  /**
   * Returns whether servers alone know the name, so that nobody may ask for it. While there is a
   * control plane, names of that form are its own, also those of adapters that are not declared any
   * more.
   */
  boolean isInternal(String model) {
    return copies.containsKey(model)
        || ((!names.isEmpty() || !copies.isEmpty()) && isRevision(model));
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
