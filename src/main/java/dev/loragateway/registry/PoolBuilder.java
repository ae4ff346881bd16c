package dev.loragateway.registry;

import dev.loragateway.registry.EndpointState.Held;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes the snapshots of one pool; what did not change since the last one is taken from it.
 * Confined to the registry's lock.
 */
final class PoolBuilder {
  /** In how many GPU slots an adapter is. */
  private static final class Copies {
    int count;
  }

  private final PoolSettings settings;
  private final List<LiveEndpoint> members;
  private final long[] hashes;
  private final EndpointState[] states;
  private final @Nullable Held[] counted;
  private final @Nullable Copies[] victims;
  private final Map<String, Copies> copies = new HashMap<>();
  private Map<String, AdapterRow> rows = Map.of();
  private Set<String> baseNames = Set.of();
  private @Nullable PoolSnapshot last;

  PoolBuilder(PoolSettings settings, List<LiveEndpoint> members) {
    this.settings = settings;
    this.members = members;
    this.hashes = members.stream().mapToLong(LiveEndpoint::hash).toArray();
    this.states = new EndpointState[members.size()];
    this.counted = new Held[members.size()];
    this.victims = new Copies[members.size()];
  }

  PoolSettings settings() {
    return settings;
  }

  List<LiveEndpoint> members() {
    return members;
  }

  /** Takes over which models the endpoints list. */
  void index(Set<String> adapters, Set<String> baseNames) {
    Map<String, AdapterRow> next = HashMap.newHashMap(adapters.size());
    for (String adapter : adapters) {
      next.put(adapter, row(adapter, next.size()));
    }
    rows = next;
    this.baseNames = baseNames;
    for (LiveEndpoint at : members) {
      at.inFlight.retain(adapters);
      at.index(next);
    }
  }

  private AdapterRow row(String adapter, int position) {
    boolean[] registered = new boolean[members.size()];
    for (int i = 0; i < registered.length; i++) {
      registered[i] = members.get(i).models().containsKey(adapter);
    }
    AdapterRow old = rows.get(adapter);
    return old != null
        ? new AdapterRow(adapter, position, registered, old.cells(), old.homes())
        : new AdapterRow(
            adapter, position, registered, cells(adapter), HomeOrder.of(adapter, hashes));
  }

  private AdapterCell[] cells(String adapter) {
    return members.stream()
        .map(at -> at.inFlight.listedCell(adapter))
        .toArray(AdapterCell[]::new);
  }

  /** The present state; the same object as before when nothing changed. */
  PoolSnapshot build() {
    for (int i = 0; i < counted.length; i++) {
      count(i);
    }
    boolean scraped = members.isEmpty();
    boolean changed = last == null;
    for (int i = 0; i < states.length; i++) {
      LiveEndpoint at = members.get(i);
      Copies victim = victims[i];
      EndpointState state = at.state(victim != null && victim.count <= 1);
      changed |= state != states[i];
      states[i] = state;
      scraped |= at.asked();
    }
    PoolSnapshot snapshot = last;
    if (snapshot == null || changed) {
      snapshot = new PoolSnapshot(settings, List.of(states), rows, baseNames, scraped);
      last = snapshot;
    }
    return snapshot;
  }

  /** Counts the copies that an endpoint holds, and finds those of its victim. */
  private void count(int i) {
    Held before = counted[i];
    Held now = members.get(i).held();
    if (now == before) {
      return;
    }
    if (before == null || before.listed() != now.listed()) {
      now.gpu().forEach(name -> copies.computeIfAbsent(name, n -> new Copies()).count++);
      if (before != null) {
        before.gpu().forEach(this::remove);
      }
    }
    counted[i] = now;
    victims[i] = now.victim() == null ? null : copies.get(now.victim());
  }

  private void remove(String adapter) {
    copies.computeIfPresent(adapter, (name, of) -> --of.count == 0 ? null : of);
  }
}
