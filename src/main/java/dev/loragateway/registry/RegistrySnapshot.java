package dev.loragateway.registry;

import dev.loragateway.model.ModelCard;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Every pool at one moment, and which of them owns which model name. Immutable.
 *
 * @param pools in the order of the configuration
 * @param owners the position of the pool of each known name: base models, adapters and aliases
 * @param cards what {@code /v1/models} answers, by name, in a stable order
 */
public record RegistrySnapshot(
    List<PoolSnapshot> pools, Map<String, Integer> owners, Map<String, ModelCard> cards) {

  /** The pool that serves the model, or null when no endpoint ever listed the name. */
  public @Nullable PoolSnapshot pool(String model) {
    Integer owner = owners.get(model);
    return owner != null ? pools.get(owner) : resolverPool(model);
  }

  /** The pool of that name, or null. */
  public @Nullable PoolSnapshot named(String name) {
    for (PoolSnapshot pool : pools) {
      if (pool.name().equals(name)) {
        return pool;
      }
    }
    return null;
  }

  /**
   * The name by which people know a model that servers list or hold: of a revision that the control
   * plane loaded the adapter's, else the model's own.
   */
  public String shown(String model) {
    String adapter = owners.containsKey(model) ? null : ServedNames.adapter(model);
    return adapter == null ? model : adapter;
  }

  /**
   * The first pool whose servers load unknown adapters by themselves, or null; what a server lists
   * though nobody owns it is not unknown but hidden.
   */
  private @Nullable PoolSnapshot resolverPool(String model) {
    for (PoolSnapshot pool : pools) {
      if (pool.adapter(model) != null) {
        return null;
      }
    }
    for (PoolSnapshot pool : pools) {
      if (pool.settings().resolver()) {
        return pool;
      }
    }
    return null;
  }

  /** Returns whether each pool was scraped once or is known to be empty. */
  public boolean ready() {
    return pools.stream().allMatch(PoolSnapshot::scraped);
  }
}
