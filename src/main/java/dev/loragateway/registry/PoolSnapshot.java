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
 * @param scraped whether each endpoint was asked at least once
 * @param up how many endpoints may be picked
 * @param answerMillis how long an answer takes, the mean over those
 */
public record PoolSnapshot(
    PoolSettings settings,
    List<EndpointState> endpoints,
    Map<String, AdapterRow> adapters,
    Set<String> baseNames,
    boolean scraped,
    int up,
    double answerMillis) {

  /** A snapshot whose last two figures are taken from its endpoints. */
  public PoolSnapshot(
      PoolSettings settings,
      List<EndpointState> endpoints,
      Map<String, AdapterRow> adapters,
      Set<String> baseNames,
      boolean scraped) {
    int up = 0;
    double answers = 0;
    for (EndpointState at : endpoints) {
      if (at.up()) {
        up++;
        answers += at.times().answer();
      }
    }
    this(settings, endpoints, adapters, baseNames, scraped, up, up == 0 ? 0 : answers / up);
  }

  public String name() {
    return settings.name();
  }

  /**
   * Returns whether at least one endpoint is up and each that is up is saturated, so that no
   * request can be placed; {@code now} is the registry's clock.
   */
  public boolean full(long now) {
    for (EndpointState at : endpoints) {
      boolean fresh = at.fresh(now, settings.staleAfter().toNanos());
      if (at.up() && !at.saturated(settings.routing(), fresh)) {
        return false;
      }
    }
    return up > 0;
  }

  /** The row of an adapter, or null when no endpoint lists it. */
  public @Nullable AdapterRow adapter(String model) {
    return adapters.get(model);
  }
}
