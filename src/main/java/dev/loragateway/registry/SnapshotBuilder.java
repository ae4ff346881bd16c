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

  private ServedNames served = ServedNames.NONE;
  private boolean renamed;

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

  /** Sets the names that the control plane gives. */
  void serve(ServedNames next) {
    served = next;
    renamed = true;
  }

  RegistrySnapshot build() {
    boolean listsChanged = renamed;
    renamed = false;
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

  /** The names of one pool in the making: those listed with their cards, and the base models. */
  private record Names(Map<String, ModelCard> cards, Set<String> bases) {
    void add(ModelCard card) {
      cards.putIfAbsent(card.id(), card);
      if (!card.isAdapter()) {
        bases.add(card.id());
      }
    }

    Set<String> adapters() {
      Set<String> adapters = new LinkedHashSet<>(cards.keySet());
      adapters.removeAll(bases);
      return adapters;
    }
  }

  /** What is listed now goes before what was listed once, whichever pool is the first. */
  private void index() {
    owners = new HashMap<>();
    cards = new LinkedHashMap<>();
    List<Names> names = new ArrayList<>();
    for (int i = 0; i < pools.size(); i++) {
      names.add(listed(i));
    }
    for (int i = 0; i < pools.size(); i++) {
      remember(i, names.get(i));
      pools.get(i).index(adapters(i, names.get(i)), names.get(i).bases(), served.copies());
    }
    for (int i = 0; i < pools.size(); i++) {
      pools.get(i).names(variants(i, names.get(i)));
      listAliases(i);
    }
  }

  private Set<String> adapters(int pool, Names names) {
    String name = pools.get(pool).settings().name();
    Set<String> adapters = names.adapters();
    served
        .copies()
        .forEach(
            (model, copies) -> {
              if (copies.pool().equals(name)) {
                adapters.add(model);
              }
            });
    return adapters;
  }

  /** What the pool's names stand for: an alias for whatever the name stands for that it is of. */
  private Map<String, Variants> variants(int pool, Names listed) {
    PoolSettings settings = pools.get(pool).settings();
    Map<String, Variants> variants = new HashMap<>();
    served
        .names()
        .forEach(
            (name, of) -> {
              if (of.pool().equals(settings.name()) && !isBase(name)) {
                variants.put(name, variants(name, of, listed));
              }
            });
    settings
        .aliases()
        .forEach(
            (alias, targets) ->
                variants.put(alias, Variants.of(served(pool, targets, listed), variants)));
    return variants;
  }

  /** Those of an alias's models that can be served; all of them when none can. */
  private List<AliasTarget> served(int pool, List<AliasTarget> targets, Names listed) {
    PoolSettings settings = pools.get(pool).settings();
    List<AliasTarget> weighty = targets.stream().filter(target -> target.weight() > 0).toList();
    List<AliasTarget> able =
        weighty.stream()
            .filter(
                target ->
                    settings.resolver()
                        || settings.baseModel().equals(target.model())
                        || listed.cards().containsKey(target.model())
                        || isServed(settings.name(), target.model()))
            .toList();
    return able.isEmpty() ? weighty : able;
  }

  /** Whether the control plane has loaded the model, or will. */
  private boolean isServed(String pool, String name) {
    ServedNames.Name of = served.names().get(name);
    return of != null
        && of.pool().equals(pool)
        && of.variants().stream().anyMatch(variant -> isExpected(variant.model()));
  }

  private boolean isExpected(String model) {
    ServedNames.Copies copies = served.copies().get(model);
    return copies != null && (copies.expected() || !copies.ready().isEmpty());
  }

  /** A server that was started with an adapter serves it until the control plane has loaded it. */
  private Variants variants(String name, ServedNames.Name of, Names listed) {
    boolean loaded = of.variants().stream().anyMatch(variant -> isLoaded(variant.model()));
    return !loaded && listed.cards().containsKey(name)
        ? new Variants(List.of(new Variant(name, name)))
        : new Variants(of.variants());
  }

  private boolean isLoaded(String model) {
    ServedNames.Copies copies = served.copies().get(model);
    return copies != null && !copies.ready().isEmpty();
  }

  private Names listed(int pool) {
    PoolBuilder builder = pools.get(pool);
    PoolSettings settings = builder.settings();
    Names names = new Names(new LinkedHashMap<>(), new HashSet<>(Set.of(settings.baseModel())));
    own(settings.baseModel(), pool);
    ownServed(pool);
    for (LiveEndpoint at : builder.members()) {
      for (ModelCard card : at.models().values()) {
        if (!isInternal(card.id()) && own(card.id(), pool)) {
          cards.putIfAbsent(card.id(), card);
          names.add(card);
        }
      }
    }
    settings.aliases().keySet().forEach(alias -> own(alias, pool));
    return names;
  }

  /** Whether it is the name of a base model, which nothing takes over. */
  private boolean isBase(String model) {
    return pools.stream().anyMatch(pool -> pool.settings().baseModel().equals(model));
  }

  private void ownServed(int pool) {
    String name = pools.get(pool).settings().name();
    served
        .names()
        .forEach(
            (model, of) -> {
              if (of.pool().equals(name) && !isBase(model) && own(model, pool)) {
                cards.put(model, of.card());
              }
            });
  }

  /** Whether the servers alone know the name, so that nobody may ask for it. */
  private boolean isInternal(String model) {
    return served.isInternal(model);
  }

  /**
   * A model of a pool that lost all its endpoints is not unknown, but cannot be served at the
   * moment, which clients may try again.
   */
  private void remember(int pool, Names names) {
    String name = pools.get(pool).settings().name();
    if (!names.cards().isEmpty()) {
      remembered.put(name, List.copyOf(names.cards().values()));
      return;
    }
    for (ModelCard card : remembered.getOrDefault(name, List.of())) {
      if (isInternal(card.id())) {
        continue;
      }
      Integer owner = owners.putIfAbsent(card.id(), pool);
      if (owner == null || owner == pool) {
        cards.putIfAbsent(card.id(), card);
        names.add(card);
      }
    }
  }

  /** An alias is listed like the first of its models that a server lists, once there is one. */
  private void listAliases(int pool) {
    pools
        .get(pool)
        .settings()
        .aliases()
        .forEach(
            (alias, targets) -> {
              ModelCard of = card(targets);
              Integer owner = owners.get(alias);
              if (of != null && owner != null && owner == pool) {
                cards.put(
                    alias,
                    new ModelCard(alias, of.parent(), of.root(), of.created(), of.maxModelLen()));
              }
            });
  }

  private @Nullable ModelCard card(List<AliasTarget> targets) {
    for (AliasTarget target : targets) {
      ModelCard card = target.weight() > 0 ? cards.get(target.model()) : null;
      if (card != null) {
        return card;
      }
    }
    return null;
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
