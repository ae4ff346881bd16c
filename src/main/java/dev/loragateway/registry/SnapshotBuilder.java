package dev.loragateway.registry;

import dev.loragateway.model.ModelCard;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
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
  private long builtFor = -1;
  private List<Map<String, AdapterRow>> rows = List.of();
  private List<Set<String>> baseNames = List.of();
  private Map<String, Integer> owners = Map.of();
  private Map<String, ModelCard> cards = Map.of();

  SnapshotBuilder(RegistryListener listener) {
    this.listener = listener;
  }

  /** Forgets what was kept: pools or endpoints changed. */
  void invalidate() {
    builtFor = -1;
  }

  RegistrySnapshot build(List<PoolSettings> pools, List<LiveEndpoint> live) {
    List<List<LiveEndpoint>> members = new ArrayList<>();
    for (PoolSettings pool : pools) {
      members.add(live.stream().filter(at -> at.pool().name().equals(pool.name())).toList());
    }
    long version = live.stream().mapToLong(LiveEndpoint::modelsVersion).sum();
    if (version != builtFor) {
      index(pools, members);
      builtFor = version;
    }
    List<PoolSnapshot> snapshots = new ArrayList<>();
    for (int i = 0; i < pools.size(); i++) {
      snapshots.add(pool(pools.get(i), members.get(i), i));
    }
    return new RegistrySnapshot(snapshots, owners, cards);
  }

  private PoolSnapshot pool(PoolSettings settings, List<LiveEndpoint> members, int index) {
    Map<String, Integer> copies = new HashMap<>();
    for (LiveEndpoint at : members) {
      at.held().gpu().forEach(name -> copies.merge(name, 1, Integer::sum));
    }
    List<EndpointState> states = new ArrayList<>(members.size());
    for (LiveEndpoint at : members) {
      String victim = at.held().victim();
      states.add(at.state(victim != null && copies.getOrDefault(victim, 0) <= 1));
    }
    boolean scraped = members.isEmpty() || members.stream().anyMatch(LiveEndpoint::asked);
    return new PoolSnapshot(settings, states, rows.get(index), baseNames.get(index), scraped);
  }

  private void index(List<PoolSettings> pools, List<List<LiveEndpoint>> members) {
    rows = new ArrayList<>();
    baseNames = new ArrayList<>();
    owners = new HashMap<>();
    cards = new LinkedHashMap<>();
    for (int i = 0; i < pools.size(); i++) {
      index(pools, i, members.get(i));
    }
  }

  private void index(List<PoolSettings> pools, int pool, List<LiveEndpoint> members) {
    PoolSettings settings = pools.get(pool);
    Set<String> bases = new HashSet<>(Set.of(settings.baseModel()));
    Map<String, AdapterRow> adapters = new HashMap<>();
    own(pools, settings.baseModel(), pool);
    for (LiveEndpoint at : members) {
      for (ModelCard card : at.models().values()) {
        if (!own(pools, card.id(), pool)) {
          continue;
        }
        cards.putIfAbsent(card.id(), card);
        if (card.isAdapter()) {
          adapters.computeIfAbsent(card.id(), name -> row(name, members));
        } else {
          bases.add(card.id());
        }
      }
    }
    settings
        .aliases()
        .forEach(
            (alias, model) -> {
              if (own(pools, alias, pool)) {
                list(alias, cards.get(model));
              }
            });
    members.forEach(at -> at.inFlight.retain(adapters.keySet()));
    rows.add(adapters);
    baseNames.add(bases);
  }

  /** An alias is listed like the model that it stands for, once a server lists that. */
  private void list(String alias, @Nullable ModelCard of) {
    if (of != null) {
      cards.put(
          alias, new ModelCard(alias, of.parent(), of.root(), of.created(), of.maxModelLen()));
    }
  }

  /** The first pool that lists a name keeps it. */
  private boolean own(List<PoolSettings> pools, String model, int pool) {
    Integer owner = owners.putIfAbsent(model, pool);
    if (owner != null && owner != pool) {
      listener.clash(model, pools.get(owner).name(), pools.get(pool).name());
      return false;
    }
    return true;
  }

  private static AdapterRow row(String adapter, List<LiveEndpoint> members) {
    boolean[] registered = new boolean[members.size()];
    AdapterCell[] cells = new AdapterCell[members.size()];
    for (int i = 0; i < cells.length; i++) {
      registered[i] = members.get(i).models().containsKey(adapter);
      cells[i] = members.get(i).inFlight.listedCell(adapter);
    }
    return new AdapterRow(adapter, registered, cells);
  }
}
