package dev.loragateway.adapters;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The adapters that should exist, as several origins declare them. Of two that declare the same
 * name the earlier in the alphabet has it, but those of the configuration go first. Thread-safe.
 */
public final class AdapterCatalog {
  /** The origin of what the configuration lists. */
  public static final String CONFIGURATION = "configuration";

  /** The origin of what was added through the admin API. */
  public static final String API = "api";

  /** The origin of what lies in the directory. */
  public static final String DIRECTORY = "directory";

  /** The origin of {@code LoraAdapter} objects; each has this, a colon, and namespace/name. */
  public static final String KUBERNETES = "kubernetes";

  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final Map<String, Map<String, Declared>> origins = new TreeMap<>();
  private volatile Catalog current = new Catalog(Map.of(), Map.of(), true);
  private Set<String> awaited = Set.of();

  /**
   * One declaration. Immutable.
   *
   * @param origin for people, such as {@code kubernetes:default/support}
   */
  public record Declared(AdapterSpec spec, String origin) {}

  /**
   * All declarations at one moment. Immutable.
   *
   * @param adapters by name
   * @param clashes origins whose declaration of a name does not count, by that name
   * @param complete whether each origin has declared, so that what is not here should not exist
   */
  public record Catalog(
      Map<String, Declared> adapters, Map<String, List<String>> clashes, boolean complete) {}

  /** Sets which origins are to declare something; what others declared is forgotten. */
  public void expect(Set<String> origins) {
    synchronized (this) {
      awaited = Set.copyOf(origins);
      this.origins.keySet().retainAll(origins);
      merge();
    }
    listeners.forEach(Runnable::run);
  }

  /**
   * Declares all that an origin has; ignored unless the origin is expected.
   *
   * @param origin one of the constants of this class
   * @param specs what it has
   */
  public void declare(String origin, List<Declared> specs) {
    synchronized (this) {
      if (!awaited.contains(origin)) {
        return;
      }
      Map<String, Declared> names = new LinkedHashMap<>();
      specs.forEach(declared -> names.putIfAbsent(declared.spec().name(), declared));
      origins.put(origin, names);
      merge();
    }
    listeners.forEach(Runnable::run);
  }

  private void merge() {
    Map<String, Declared> adapters = new TreeMap<>();
    Map<String, List<String>> clashes = new TreeMap<>();
    take(origins.getOrDefault(CONFIGURATION, Map.of()), adapters, clashes);
    origins.forEach(
        (origin, names) -> {
          if (!origin.equals(CONFIGURATION)) {
            take(names, adapters, clashes);
          }
        });
    current = new Catalog(adapters, clashes, origins.keySet().containsAll(awaited));
  }

  private static void take(
      Map<String, Declared> names,
      Map<String, Declared> adapters,
      Map<String, List<String>> clashes) {
    names.forEach(
        (name, declared) -> {
          if (adapters.putIfAbsent(name, declared) != null) {
            clashes.computeIfAbsent(name, key -> new ArrayList<>()).add(declared.origin());
          }
        });
  }

  /** All that is declared now: one volatile read. */
  public Catalog current() {
    return current;
  }

  /** Runs something after each change, on the thread that made it. */
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }
}
