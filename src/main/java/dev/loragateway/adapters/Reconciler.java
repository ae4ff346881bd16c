package dev.loragateway.adapters;

import dev.loragateway.adapters.AdapterCatalog.Catalog;
import dev.loragateway.adapters.AdapterCatalog.Declared;
import dev.loragateway.model.Health;
import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RegistrySnapshot;
import dev.loragateway.registry.ServedNames;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
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
  private final Map<String, ControlledAdapter> adapters = new TreeMap<>();
  private final Map<String, ControlledEndpoint> endpoints = new LinkedHashMap<>();
  private final Scaling scaling;
  private Map<String, String> bases = Map.of();
  private boolean complete;
  private boolean asked;
  private boolean planDue = true;

  /** Something that is to be done at an endpoint. */
  record Task(
      ControlledEndpoint at, ControlledCopy copy, Kind kind, @Nullable AdapterSource source) {}

  /** What is to be done. */
  enum Kind {
    LOAD,
    VERIFY,
    UNLOAD
  }

  Reconciler(Scaling scaling) {
    this.scaling = scaling;
  }

  Collection<ControlledAdapter> adapters() {
    return adapters.values();
  }

  Collection<ControlledEndpoint> endpoints() {
    return endpoints.values();
  }

  @Nullable ControlledAdapter adapter(String name) {
    return adapters.get(name);
  }

  /** The base model of a pool; empty when there is no such pool. */
  String baseModel(String pool) {
    return bases.getOrDefault(pool, "");
  }

  /** Whether any adapter is planned to be on fewer endpoints than it should. */
  boolean lacks() {
    return adapters.values().stream().anyMatch(adapter -> !adapter.missing.isEmpty());
  }

  /** Whether every endpoint has once said what it holds, or did not answer. */
  boolean asked() {
    return asked;
  }

  /** A plan has to be made whatever else changed. */
  void replan() {
    planDue = true;
  }

  /** Takes in which endpoints there are and what they list; returns whether anything changed. */
  boolean observe(RegistrySnapshot snapshot, long now) {
    boolean changed = false;
    Map<String, ControlledEndpoint> before = new HashMap<>(endpoints);
    Map<String, String> bases = new HashMap<>();
    snapshot.pools().forEach(pool -> bases.put(pool.name(), pool.settings().baseModel()));
    this.bases = bases;
    boolean allAsked = snapshot.ready();
    for (PoolSnapshot pool : snapshot.pools()) {
      for (EndpointState state : pool.endpoints()) {
        allAsked &= state.health() != Health.UNKNOWN;
        boolean there = state.up() || state.asleep() || state.health() == Health.EJECTED;
        if (there && state.listed()) {
          ControlledEndpoint known = before.remove(state.endpoint().address());
          changed |= observe(known, state, now);
        }
      }
    }
    endpoints.keySet().removeAll(before.keySet());
    asked |= allAsked;
    changed |= !before.isEmpty();
    planDue |= changed;
    return changed;
  }

  private boolean observe(@Nullable ControlledEndpoint known, EndpointState state, long now) {
    if (known != null && known.endpoint.equals(state.endpoint())) {
      return known.observe(state, now);
    }
    ControlledEndpoint next = new ControlledEndpoint(state);
    next.adopt(state.models().keySet());
    endpoints.put(next.address(), next);
    for (ControlledCopy copy : next.copies()) {
      ControlledAdapter adapter = adapters.get(copy.adapter);
      if (adapter != null) {
        adapter.askedAt = now;
      }
    }
    return true;
  }

  /** Takes in what is declared. */
  void declare(Catalog catalog, AdapterSettings settings, long now) {
    complete = catalog.complete();
    adapters.keySet().retainAll(catalog.adapters().keySet());
    catalog.adapters().forEach((name, declared) -> declare(declared, settings, now));
    planDue = true;
  }

  private void declare(Declared declared, AdapterSettings settings, long now) {
    ControlledAdapter known = adapters.get(declared.spec().name());
    if (known != null) {
      known.redeclare(declared);
      return;
    }
    ControlledAdapter adapter = new ControlledAdapter(declared, now);
    adapters.put(adapter.name(), adapter);
    boolean loaded =
        endpoints.values().stream()
            .flatMap(at -> at.copies().stream())
            .anyMatch(copy -> copy.adapter.equals(adapter.name()));
    if (!loaded && declared.spec().replicas().min() == 0) {
      adapter.askedAt = now - settings.demand().idle().toNanos();
    }
  }

  /** Takes in what the files of an adapter were found to be. */
  void found(String name, AdapterSource source, Content content) {
    ControlledAdapter adapter = adapters.get(name);
    if (adapter != null && adapter.spec().source().equals(source)) {
      planDue |= !content.equals(adapter.content());
      adapter.found(content);
    }
  }

  /** Takes another gateway's word for where a revision answers. */
  void ready(String adapter, String revision, Set<String> addresses, long now) {
    for (ControlledEndpoint at : endpoints.values()) {
      if (addresses.contains(at.address())) {
        ControlledCopy copy = at.copy(adapter, revision);
        if (!copy.busy) {
          copy.loaded();
        }
      } else {
        ControlledCopy copy = at.copy(ServedNames.internal(adapter, revision));
        if (copy != null && copy.ready()) {
          copy.recheck(now);
          copy.listed = false;
        }
      }
    }
  }

  /**
   * Takes over the failures that another gateway has seen, so that they are not repeated at once.
   */
  void remember(Map<String, List<AdapterStatus.Copy>> copies, long now, long unixMillis) {
    copies.forEach(
        (adapter, all) -> {
          for (AdapterStatus.Copy copy : all) {
            ControlledEndpoint at = endpoints.get(copy.address());
            if (at != null && copy.state() == CopyState.FAILED && copy.attempts() > 0) {
              at.copy(adapter, copy.revision()).remember(copy, now, unixMillis);
            }
          }
        });
  }

  /** Decides how many copies of each there should be, and which pool serves it. */
  boolean scale(RegistrySnapshot snapshot, AdapterSettings settings, long now) {
    boolean changed = false;
    for (ControlledAdapter adapter : adapters.values()) {
      PoolMatch match =
          PoolMatch.of(adapter.name(), adapter.spec().baseModel(), adapter.facts(), snapshot);
      changed |= !match.refusal().equals(adapter.unfit);
      adapter.unfit = match.refusal();
      adapter.pool = match.pool();
      PoolSnapshot pool = match.pool() == null ? null : snapshot.named(match.pool().name());
      if (pool != null) {
        changed |= scaling.decide(adapter, pool, endpoints.values(), settings.demand(), now);
      }
    }
    planDue |= changed;
    return changed;
  }

  /** Decides which endpoint should have which, if anything changed since this was done last. */
  boolean plan(RegistrySnapshot snapshot, PlacementSettings settings, Sites sites, long now) {
    if (!planDue) {
      return false;
    }
    planDue = false;
    List<PlacementRequest> requests = new ArrayList<>();
    Map<String, List<String>> there = new LinkedHashMap<>();
    for (ControlledAdapter adapter : adapters.values()) {
      PoolSnapshot pool = adapter.pool == null ? null : snapshot.named(adapter.pool.name());
      if (pool != null && adapter.placeable()) {
        requests.add(request(adapter, pool, now));
        there.put(adapter.name(), holders(adapter));
      }
    }
    Placement plan =
        PlacementPlanner.plan(
            endpoints.values().stream().map(sites::site).toList(),
            requests,
            new Placement(there, Map.of()),
            settings);
    for (ControlledAdapter adapter : adapters.values()) {
      if (adapter.placeable()) {
        adapter.planned = plan.of(adapter.name());
        adapter.missing = plan.missing().getOrDefault(adapter.name(), "");
      }
    }
    return true;
  }

  private PlacementRequest request(ControlledAdapter adapter, PoolSnapshot pool, long now) {
    AdapterFacts facts = adapter.facts();
    Set<String> avoid = adapter.avoid(endpoints.values(), now);
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
    for (ControlledEndpoint at : endpoints.values()) {
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
    for (ControlledAdapter adapter : adapters.values()) {
      String before = adapter.serving;
      boolean served = isReady(adapter, adapter.serving);
      if (isReady(adapter, adapter.wanted) && (!served || !leads || isComplete(adapter))) {
        adapter.serving = adapter.wanted;
      } else if (!served) {
        adapter.serving = anyReady(adapter);
      }
      changed |= !before.equals(adapter.serving);
    }
    return changed;
  }

  private boolean isReady(ControlledAdapter adapter, String revision) {
    return adapter.isReady(endpoints.values(), revision);
  }

  /** Whether the wanted revision is ready wherever it should be and can be. */
  private boolean isComplete(ControlledAdapter adapter) {
    for (String address : adapter.planned) {
      ControlledEndpoint at = endpoints.get(address);
      ControlledCopy copy = at == null ? null : at.copy(adapter.wantedName());
      if (at != null && (copy == null || !(copy.ready() || copy.hopeless()))) {
        return false;
      }
    }
    return true;
  }

  private String anyReady(ControlledAdapter adapter) {
    for (ControlledEndpoint at : endpoints.values()) {
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
    for (ControlledEndpoint at : endpoints.values()) {
      for (ControlledCopy copy : at.copies()) {
        if (copy.state == CopyState.DRAINING && copy.listed && !copy.busy) {
          copy.recheck(now);
        }
        if (copy.listed && adapters.containsKey(copy.adapter)) {
          begin(at, copy, Kind.VERIFY, settings, now, tasks);
        }
      }
      at.copies().removeIf(copy -> !copy.listed && !copy.busy);
    }
    return tasks;
  }

  /** Whether everything is as it should be, so that nothing is to be done before that changes. */
  boolean settled(long now) {
    for (ControlledEndpoint at : endpoints.values()) {
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
    adapters.values().stream()
        .sorted(
            Comparator.comparingInt(
                    (ControlledAdapter adapter) -> adapter.spec().preferences().priority())
                .reversed())
        .forEach(adapter -> load(adapter, settings, now, tasks));
    for (ControlledEndpoint at : endpoints.values()) {
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
      ControlledEndpoint at = endpoints.get(address);
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
      ControlledAdapter adapter = adapters.get(copy.adapter);
      tasks.add(new Task(at, copy, kind, adapter == null ? null : adapter.spec().source()));
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
      tasks.add(new Task(at, copy, Kind.UNLOAD, null));
    }
  }

  private void forget(ControlledEndpoint at, ControlledCopy copy, long now) {
    ControlledAdapter adapter = adapters.get(copy.adapter);
    boolean current = adapter != null && copy.revision.equals(adapter.wanted);
    if (!current || !copy.remembers(now)) {
      at.copies().remove(copy);
    }
  }

  /** Whether a copy serves, is to serve, or has to until others are ready. */
  private boolean isWanted(ControlledEndpoint at, ControlledCopy copy) {
    ControlledAdapter adapter = adapters.get(copy.adapter);
    if (adapter == null) {
      return !complete;
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
      ControlledEndpoint at = endpoints.get(address);
      ControlledCopy copy = at == null ? null : at.copy(adapter.wantedName());
      if (copy == null || !copy.ready()) {
        return true;
      }
    }
    return false;
  }
}
