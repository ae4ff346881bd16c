package dev.loragateway.registry;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One pool at one moment: its settings, its endpoints and the adapters that they serve. Immutable.
 *
 * @param settings what the configuration says
 * @param endpoints in the order of discovery; positions match those in {@link AdapterRow}
 * @param adapters by name
 * @param baseNames the names under which the base model is served
 * @param names what names stand for that are not those of a model: aliases, and adapters that the
 *     control plane loads
 * @param scraped whether any endpoint was asked, or there is known to be none
 * @param answerMillis how long an answer takes, the mean over the endpoints that are up
 * @param leastSwapMillis the least that a swap away from the adapter's home costs at any of those,
 *     by the times learned until the snapshot was made; 0 when the adapters at one are not known
 * @param oldestLoadAt when the oldest of their loads was reported, in the registry's nanoseconds
 */
public record PoolSnapshot(
    PoolSettings settings,
    List<EndpointState> endpoints,
    Map<String, AdapterRow> adapters,
    Set<String> baseNames,
    Map<String, Variants> names,
    boolean scraped,
    double answerMillis,
    double leastSwapMillis,
    long oldestLoadAt) {

  /** A snapshot whose last figures are taken from its endpoints. */
  public PoolSnapshot(
      PoolSettings settings,
      List<EndpointState> endpoints,
      Map<String, AdapterRow> adapters,
      Set<String> baseNames,
      Map<String, Variants> names,
      boolean scraped) {
    int up = 0;
    double answers = 0;
    double swap = Double.POSITIVE_INFINITY;
    long oldest = Long.MAX_VALUE;
    for (EndpointState at : endpoints) {
      if (at.up()) {
        LearnedTimes times = at.times();
        up++;
        answers += times.answer();
        swap = known(at) ? Math.min(swap, awayFromHome(times)) : 0;
        oldest = Math.min(oldest, at.loadAt());
      }
    }
    double answer = up == 0 ? 0 : answers / up;
    this(settings, endpoints, adapters, baseNames, names, scraped, answer, swap, oldest);
  }

  private static boolean known(EndpointState at) {
    return at.residency().known() && at.load() != null;
  }

  private static double awayFromHome(LearnedTimes times) {
    return Math.min(times.cpuSwap(), times.diskSwap()) + times.diskSwap();
  }

  public String name() {
    return settings.name();
  }

  /**
   * The model that a name stands for.
   *
   * @param dice decides where there are several: equal ones decide alike
   */
  public Variant variant(String name, long dice) {
    Variants variants = names.get(name);
    return variants == null ? new Variant(name, name) : variants.at(dice);
  }

  /** Every model that a name stands for, by the names that users know. */
  public List<Variant> variants(String name) {
    Variants variants = names.get(name);
    return variants == null ? List.of(new Variant(name, name)) : variants.all();
  }

  /** Returns whether requests for the endpoint wake it. */
  public boolean wakes(EndpointState at) {
    return settings.sleep() != null && at.wakeable();
  }

  /** The row of an adapter, or null when no endpoint lists it. */
  public @Nullable AdapterRow adapter(String model) {
    return adapters.get(model);
  }
}
