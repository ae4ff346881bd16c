package dev.loragateway.registry;

import dev.loragateway.model.ModelCard;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes snapshots. What depends on the sets of listed models alone (rows, owners, cards) is kept
 * from one snapshot to the next until those sets change. Confined to the registry's lock.
 */
final class SnapshotBuilder {
  private final RegistryListener listener;
  private List<PoolBuilder> pools = List.of();
  private Map<String, Integer> owners = Map.of();
  private Map<String, ModelCard> cards = Map.of();

  /** What each pool listed last, which stays known while it has nobody to list it. */
  private final Map<String, List<ModelCard>> remembered = new HashMap<>();

  SnapshotBuilder(RegistryListener listener) {
    this.listener = listener;
  }

  /** Sets the pools and all their endpoints; of those awaited more are still to be found. */
  void configure(List<PoolSettings> settings, Collection<LiveEndpoint> live, Set<String> awaited) {
    pools = new ArrayList<>();
    for (PoolSettings pool : settings) {
      pools.add(
          new PoolBuilder(
              pool,
              live.stream().filter(at -> at.pool().name().equals(pool.name())).toList(),
              awaited.contains(pool.name())));
    }
    owners = Map.of();
    cards = Map.of();
    remembered.keySet().retainAll(settings.stream().map(PoolSettings::name).toList());
  }

  RegistrySnapshot build() {
    boolean listsChanged = false;
    for (PoolBuilder pool : pools) {
      listsChanged |= pool.modelsChanged();
    }
    if (listsChanged) {
      index();
    }
    PoolSnapshot[] snapshots = new PoolSnapshot[pools.size()];
    for (int i = 0; i < snapshots.length; i++) {
      snapshots[i] = pools.get(i).build();
    }
    return new RegistrySnapshot(List.of(snapshots), owners, cards);
  }

  private void index() {
    owners = new HashMap<>();
    cards = new LinkedHashMap<>();
    for (int i = 0; i < pools.size(); i++) {
      index(i);
    }
  }

  private void index(int pool) {
    PoolBuilder builder = pools.get(pool);
    PoolSettings settings = builder.settings();
    Set<String> bases = new HashSet<>(Set.of(settings.baseModel()));
    Set<String> adapters = new LinkedHashSet<>();
    own(settings.baseModel(), pool);
    for (ModelCard card : listed(builder)) {
      if (own(card.id(), pool)) {
        cards.putIfAbsent(card.id(), card);
        (card.isAdapter() ? adapters : bases).add(card.id());
      }
    }
    settings
        .aliases()
        .forEach(
            (alias, model) -> {
              if (own(alias, pool)) {
                list(alias, cards.get(model));
              }
            });
    builder.index(adapters, bases);
  }

  /**
   * Every card of the pool's endpoints. A model of a pool that lost all of them is not unknown, but
   * cannot be served at the moment, which clients may try again.
   */
  private List<ModelCard> listed(PoolBuilder pool) {
    List<ModelCard> listed =
        pool.members().stream().flatMap(at -> at.models().values().stream()).toList();
    String name = pool.settings().name();
    if (listed.isEmpty()) {
      return remembered.getOrDefault(name, List.of());
    }
    remembered.put(name, listed);
    return listed;
  }

  /** An alias is listed like the model that it stands for, once a server lists that. */
  private void list(String alias, @Nullable ModelCard of) {
    if (of != null) {
      cards.put(
          alias, new ModelCard(alias, of.parent(), of.root(), of.created(), of.maxModelLen()));
    }
  }

  /** The first pool that lists a name keeps it. */
  private boolean own(String model, int pool) {
    Integer owner = owners.putIfAbsent(model, pool);
    if (owner != null && owner != pool) {
      listener.clash(model, pools.get(owner).settings().name(), pools.get(pool).settings().name());
      return false;
    }
    return true;
  }
}
