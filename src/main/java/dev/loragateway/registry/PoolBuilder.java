package dev.loragateway.registry;

import dev.loragateway.model.Residency;
import dev.loragateway.registry.EndpointState.Held;
import dev.loragateway.registry.ServedNames.Copies;
import java.util.HashMap;
import java.util.HashSet;
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
  private static final class Taken {
    int count;
  }

  private final PoolSettings settings;
  private final List<LiveEndpoint> members;
  private final boolean awaited;
  private final EndpointState[] states;
  private final @Nullable Held[] counted;
  private final @Nullable Taken[] victims;
  private final Map<String, Taken> taken = new HashMap<>();
  private Map<String, AdapterRow> rows = Map.of();
  private Set<String> baseNames = Set.of();
  private Map<String, Variants> names = Map.of();
  private final Changes changes = new Changes();
  private @Nullable PoolSnapshot last;

  PoolBuilder(PoolSettings settings, List<LiveEndpoint> members, boolean awaited) {
    this.settings = settings;
    this.awaited = awaited;
    this.members = members;
    this.states = new EndpointState[members.size()];
    this.counted = new Held[members.size()];
    this.victims = new Taken[members.size()];
    members.forEach(member -> member.tells(changes));
  }

  PoolSettings settings() {
    return settings;
  }

  /** Returns whether the endpoints list other models than when this was asked last. */
  boolean modelsChanged() {
    return changes.takenOfModels();
  }

  List<LiveEndpoint> members() {
    return members;
  }

  /**
   * Takes over which models the endpoints list.
   *
   * @param copies of those models that the control plane loads
   */
  void index(Set<String> adapters, Set<String> baseNames, Map<String, Copies> copies) {
    Map<String, AdapterRow> next = HashMap.newHashMap(adapters.size());
    for (String adapter : adapters) {
      next.put(adapter, row(adapter, copies.get(adapter)));
    }
    rows = next;
    this.baseNames = baseNames;
    last = null;
    for (int i = 0; i < counted.length; i++) {
      members.get(i).inFlight.retain(adapters);
      place(i, members.get(i).held());
    }
  }

  private AdapterRow row(String adapter, @Nullable Copies managed) {
    EndpointBits registered = new EndpointBits(members.size());
    for (int i = 0; i < members.size(); i++) {
      LiveEndpoint at = members.get(i);
      boolean ready = managed == null || managed.ready().contains(at.endpoint().address());
      registered.set(i, ready && at.models().containsKey(adapter));
    }
    AdapterRow old = rows.get(adapter);
    return old != null
        ? new AdapterRow(old, registered, managed)
        : new AdapterRow(adapter, registered, managed, members);
  }

  /** Takes over which names stand for other models. */
  void names(Map<String, Variants> names) {
    this.names = names;
    last = null;
  }

  /** The present state; the same object as before when nothing changed. */
  @SuppressWarnings("ReferenceEquality") // what did not change is the same object
  PoolSnapshot build() {
    if (!changes.taken() && last != null) {
      return last;
    }
    for (int i = 0; i < counted.length; i++) {
      count(i);
    }
    boolean scraped = members.isEmpty() && !awaited;
    boolean changed = last == null;
    for (int i = 0; i < states.length; i++) {
      LiveEndpoint at = members.get(i);
      Taken victim = victims[i];
      EndpointState state = at.state(victim != null && victim.count <= 1);
      changed |= state != states[i];
      states[i] = state;
      scraped |= at.asked();
    }
    PoolSnapshot snapshot = last;
    if (snapshot == null || changed) {
      snapshot = new PoolSnapshot(settings, List.of(states), rows, baseNames, names, scraped);
      last = snapshot;
    }
    return snapshot;
  }

  /** Counts the copies that an endpoint holds, and finds those of its victim. */
  @SuppressWarnings("ReferenceEquality") // what did not change is the same object
  private void count(int i) {
    Held before = counted[i];
    Held now = members.get(i).held();
    if (now == before) {
      return;
    }
    if (before == null || before.membership() != now.membership()) {
      now.gpu().forEach(name -> taken.computeIfAbsent(name, n -> new Taken()).count++);
      if (before != null) {
        before.gpu().forEach(this::remove);
      }
      place(i, now);
      if (before != null) {
        unplace(i, before, now);
      }
    }
    counted[i] = now;
    victims[i] = now.victim() == null ? null : taken.get(now.victim());
  }

  /** The newest ones in host memory are those in GPU slots. */
  private void place(int i, Held held) {
    int cpuOnly = held.cpu().size() - held.gpu().size();
    for (int n = 0; n < held.cpu().size(); n++) {
      move(held.cpu().get(n), i, n < cpuOnly ? Residency.CPU : Residency.GPU);
    }
  }

  private void unplace(int i, Held before, Held now) {
    Set<String> kept = new HashSet<>(now.cpu());
    for (String adapter : before.cpu()) {
      if (!kept.contains(adapter)) {
        move(adapter, i, Residency.REGISTERED);
      }
    }
  }

  private void move(String adapter, int i, Residency level) {
    AdapterRow row = rows.get(adapter);
    if (row != null) {
      row.move(i, level);
    }
  }

  private void remove(String adapter) {
    taken.computeIfPresent(adapter, (name, of) -> --of.count == 0 ? null : of);
  }
}
