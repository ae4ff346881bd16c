package dev.loragateway.adapters;

import dev.loragateway.model.Endpoint;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RegistrySnapshot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Compares what should be with what is, and says what is to be done next. Confined to the
 * controller's thread.
 */
/*
 * An adapter's name stands for the revision that is `serving`. Another one that is `wanted` is loaded
 * beside it, and takes over once it is ready wherever it should be; only then what served before is
 * drained and unloaded. So too for a move: a copy goes only when enough others are ready.
 */
final class Reconciler {
  private final Inventory inventory;
  private final Scaling scaling;
  private boolean planDue = true;

  /**
   * Something that is to be done at an endpoint.
   *
   * @param endpoint as it is reached now
   * @param source of what is to be loaded; null when it is not declared any more
   */
  record Task(
      ControlledEndpoint at,
      Endpoint endpoint,
      ControlledCopy copy,
      Kind kind,
      @Nullable AdapterSource source) {}

  /** What is to be done. */
  enum Kind {
    LOAD,
    VERIFY,
    UNLOAD
  }

  Reconciler(Inventory inventory, Scaling scaling) {
    this.inventory = inventory;
    this.scaling = scaling;
  }

  /** Whether any adapter is planned to be on fewer endpoints than it should. */
  boolean lacks() {
    return inventory.adapters().stream().anyMatch(adapter -> !adapter.missing.isEmpty());
  }

  /** A plan has to be made whatever else changed. */
  void replan() {
    planDue = true;
  }

  /**
   * Decides how many copies of each there should be, and which pool serves it.
   *
   * @param waiting requests that wait in a pool, by model
   */
  boolean scale(
      RegistrySnapshot snapshot,
      Function<String, Map<String, Integer>> waiting,
      AdapterSettings settings,
      long now) {
    boolean changed = false;
    Map<String, Map<String, Integer>> waits = new HashMap<>();
    for (ControlledAdapter adapter : inventory.adapters()) {
      PoolMatch match =
          PoolMatch.of(adapter.name(), adapter.spec().baseModel(), adapter.facts(), snapshot);
      changed |= !match.refusal().equals(adapter.unfit);
      adapter.unfit = match.refusal();
      adapter.pool = match.pool();
      PoolSnapshot pool = match.pool() == null ? null : snapshot.named(match.pool().name());
      if (pool != null) {
        changed |=
            scaling.decide(
                adapter,
                pool,
                inventory.endpoints(),
                waits.computeIfAbsent(pool.name(), waiting),
                settings.demand(),
                now);
      }
    }
    planDue |= changed;
    return changed;
  }

  /** The adapters of whose use the gateway that leads is to be told. */
  List<String> used(AdapterSettings settings) {
    return inventory.adapters().stream()
        .filter(
            adapter ->
                scaling.tells(
                    adapter, inventory.isReady(adapter, adapter.serving), settings.demand()))
        .map(ControlledAdapter::name)
        .toList();
  }

  /**
   * Decides which endpoint should have which, if anything changed since this was done last; returns
   * whether that is another plan.
   */
  boolean plan(RegistrySnapshot snapshot, PlacementSettings settings, Sites sites, long now) {
    if (!planDue) {
      return false;
    }
    planDue = false;
    List<PlacementRequest> requests = new ArrayList<>();
    Map<String, List<String>> there = new LinkedHashMap<>();
    for (ControlledAdapter adapter : inventory.adapters()) {
      PoolSnapshot pool = adapter.pool == null ? null : snapshot.named(adapter.pool.name());
      if (pool != null && adapter.placeable()) {
        requests.add(request(adapter, pool, now));
        there.put(adapter.name(), holders(adapter));
      }
    }
    Placement plan =
        PlacementPlanner.plan(
            inventory.endpoints().stream().map(sites::site).toList(),
            requests,
            new Placement(there, Map.of()),
            settings);
    boolean changed = false;
    for (ControlledAdapter adapter : inventory.adapters()) {
      changed |= adapter.plan(plan);
    }
    return changed;
  }

  private PlacementRequest request(ControlledAdapter adapter, PoolSnapshot pool, long now) {
    AdapterFacts facts = adapter.facts();
    Set<String> avoid = adapter.avoid(inventory.endpoints(), now);
    return new PlacementRequest(
        adapter.name(),
        pool.settings().baseModel(),
        adapter.desired,
        scaling.concurrency(adapter, pool),
        facts == null ? 0 : facts.rank(),
        adapter.spec().preferences().priority(),
        adapter.spec().preferences().within(),
        avoid);
  }

  /** Where the wanted revision is, and else where it was to be. */
  private List<String> holders(ControlledAdapter adapter) {
    List<String> holders = new ArrayList<>();
    List<String> coming = new ArrayList<>();
    for (ControlledEndpoint at : inventory.endpoints()) {
      ControlledCopy copy = at.copy(adapter.wantedName());
      if (copy != null && copy.ready()) {
        holders.add(at.address());
      } else if (adapter.planned.contains(at.address()) || (copy != null && copy.listed)) {
        coming.add(at.address());
      }
    }
    holders.addAll(coming);
    return holders;
  }

  /**
   * Lets requests go to another revision where that is ready; returns whether any did. Who does not
   * lead does not know where it is to be, and goes on as soon as it is anywhere.
   */
  boolean turnOver(boolean leads) {
    boolean changed = false;
    for (ControlledAdapter adapter : inventory.adapters()) {
      String before = adapter.serving;
      boolean served = inventory.isReady(adapter, adapter.serving);
      if (inventory.isReady(adapter, adapter.wanted)
          && (!served || !leads || isComplete(adapter))) {
        adapter.serving = adapter.wanted;
      } else if (!served) {
        adapter.serving = anyReady(adapter);
      }
      changed |= !before.equals(adapter.serving);
    }
    return changed;
  }

  /** Whether the wanted revision is ready wherever it should be and can be. */
  private boolean isComplete(ControlledAdapter adapter) {
    for (String address : adapter.planned) {
      ControlledEndpoint at = inventory.endpoint(address);
      ControlledCopy copy = at == null ? null : at.copy(adapter.wantedName());
      if (at != null && (copy == null || !(copy.ready() || copy.hopeless()))) {
        return false;
      }
    }
    return true;
  }

  private String anyReady(ControlledAdapter adapter) {
    for (ControlledEndpoint at : inventory.endpoints()) {
      for (ControlledCopy copy : at.copies()) {
        if (copy.adapter.equals(adapter.name()) && copy.ready()) {
          return copy.revision;
        }
      }
    }
    return "";
  }

  /** What followers do: they only see whether what is loaded answers. */
  List<Task> verifications(AdapterSettings.Loading settings, long now) {
    List<Task> tasks = new ArrayList<>();
    for (ControlledEndpoint at : inventory.endpoints()) {
      for (ControlledCopy copy : at.copies()) {
        if (copy.state == CopyState.DRAINING && copy.listed && !copy.busy) {
          copy.recheck(now);
        }
        if (copy.listed && inventory.adapter(copy.adapter) != null) {
          begin(at, copy, Kind.VERIFY, settings, now, tasks);
        }
      }
      at.copies().removeIf(copy -> !copy.listed && !copy.busy);
    }
    return tasks;
  }

  /** Whether everything is as it should be, so that nothing is to be done before that changes. */
  boolean settled(long now) {
    for (ControlledEndpoint at : inventory.endpoints()) {
      for (ControlledCopy copy : at.copies()) {
        if (!copy.ready() && !copy.rests(now)) {
          return false;
        }
      }
    }
    return true;
  }

  /** What is to be loaded, seen to answer and taken away now, the most urgent first. */
  List<Task> tasks(AdapterSettings.Loading settings, long now) {
    List<Task> tasks = new ArrayList<>();
    inventory.adapters().stream()
        .sorted(
            Comparator.comparingInt(
                    (ControlledAdapter adapter) -> adapter.spec().preferences().priority())
                .reversed())
        .forEach(adapter -> load(adapter, settings, now, tasks));
    for (ControlledEndpoint at : inventory.endpoints()) {
      for (ControlledCopy copy : List.copyOf(at.copies())) {
        settle(at, copy, settings, now, tasks);
      }
    }
    return tasks;
  }

  private void load(
      ControlledAdapter adapter, AdapterSettings.Loading settings, long now, List<Task> tasks) {
    if (!adapter.placeable()) {
      return;
    }
    for (String address : adapter.planned) {
      ControlledEndpoint at = inventory.endpoint(address);
      if (at != null) {
        ControlledCopy copy = at.copy(adapter.name(), adapter.wanted);
        boolean adopted = copy.listed && copy.attempts == 0;
        begin(at, copy, adopted ? Kind.VERIFY : Kind.LOAD, settings, now, tasks);
      }
    }
  }

  private void begin(
      ControlledEndpoint at,
      ControlledCopy copy,
      Kind kind,
      AdapterSettings.Loading settings,
      long now,
      List<Task> tasks) {
    if (copy.due(now) && at.mayCall(settings, now)) {
      copy.busy = true;
      copy.state = CopyState.LOADING;
      at.begins(settings, now);
      ControlledAdapter adapter = inventory.adapter(copy.adapter);
      tasks.add(
          new Task(
              at, at.endpoint(), copy, kind, adapter == null ? null : adapter.spec().source()));
    }
  }

  private void settle(
      ControlledEndpoint at,
      ControlledCopy copy,
      AdapterSettings.Loading settings,
      long now,
      List<Task> tasks) {
    boolean wanted = isWanted(at, copy);
    if (copy.busy) {
      return;
    }
    if (wanted) {
      if (copy.state == CopyState.DRAINING) {
        copy.recheck(now);
      }
      if (copy.listed && copy.attempts == 0) {
        begin(at, copy, Kind.VERIFY, settings, now, tasks);
      }
    } else if (copy.state == CopyState.FAILED && !copy.listed) {
      forget(at, copy, now);
    } else if (copy.state != CopyState.DRAINING) {
      copy.drain(now);
    } else if (now >= copy.retryAt
        && at.mayCall(settings, now)
        && (!at.isUsed(copy, now) || now - copy.since >= settings.drain().toNanos())) {
      copy.busy = true;
      at.begins(settings, now);
      tasks.add(new Task(at, at.endpoint(), copy, Kind.UNLOAD, null));
    }
  }

  private void forget(ControlledEndpoint at, ControlledCopy copy, long now) {
    ControlledAdapter adapter = inventory.adapter(copy.adapter);
    boolean current = adapter != null && copy.revision.equals(adapter.wanted);
    if (!current || !copy.remembers(now)) {
      at.copies().remove(copy);
    }
  }

  /** Whether a copy serves, is to serve, or has to until others are ready. */
  private boolean isWanted(ControlledEndpoint at, ControlledCopy copy) {
    ControlledAdapter adapter = inventory.adapter(copy.adapter);
    if (adapter == null) {
      return !inventory.complete();
    }
    if (adapter.content() == null || adapter.wanted.isEmpty()) {
      return true;
    }
    boolean isTarget = copy.revision.equals(adapter.wanted);
    if (isTarget && (adapter.planned.contains(at.address()) || !adapter.placeable())) {
      return true;
    }
    if (adapter.desired == 0) {
      return false;
    }
    if (adapter.serving.isEmpty()) {
      return copy.listed;
    }
    boolean serves = copy.ready() && copy.revision.equals(adapter.serving);
    return serves && (!isTarget || missing(adapter));
  }

  /** Whether the wanted revision is not ready yet somewhere where it should be. */
  private boolean missing(ControlledAdapter adapter) {
    for (String address : adapter.planned) {
      ControlledCopy copy = inventory.copy(address, adapter.wantedName());
      if (copy == null || !copy.ready()) {
        return true;
      }
    }
    return false;
  }
}
