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
 */
public record PoolSnapshot(
    PoolSettings settings,
    List<EndpointState> endpoints,
    Map<String, AdapterRow> adapters,
    Set<String> baseNames,
    boolean scraped) {

  public String name() {
    return settings.name();
  }

  /** The row of an adapter, or null when no endpoint lists it. */
  public @Nullable AdapterRow adapter(String model) {
    return adapters.get(model);
  }
}
