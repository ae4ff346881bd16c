package dev.loragateway.adapters;

import dev.loragateway.model.ModelCard;
import dev.loragateway.registry.PoolSettings;
import dev.loragateway.registry.ServedNames;
import dev.loragateway.registry.ServedNames.Copies;
import dev.loragateway.registry.ServedNames.Name;
import dev.loragateway.registry.Variant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the controller tells others: how adapters fare, and which names are to be served. Confined
 * to one turn of the controller.
 */
final class StatusReport {
  /** Failed tries after which a request does not wait for the next one. */
  private static final int PATIENCE = 3;

  private static final double LEAST_SIZE = 0.25;
  private static final double MOST_SIZE = 4;

  private final Collection<ControlledAdapter> adapters;
  private final long now;
  private final long unixMillis;

  /** Where the copies of each model are, by the servers' name. */
  private final Map<String, List<ControlledEndpoint>> holders = new HashMap<>();

  /** The models of each adapter of which there are copies. */
  private final Map<String, Set<String>> models = new HashMap<>();

  StatusReport(
      Collection<ControlledAdapter> adapters,
      Collection<ControlledEndpoint> endpoints,
      long now,
      long unixMillis) {
    this.adapters = adapters;
    this.now = now;
    this.unixMillis = unixMillis;
    for (ControlledEndpoint at : endpoints) {
      for (ControlledCopy copy : at.copies()) {
        holders.computeIfAbsent(copy.name(), name -> new ArrayList<>()).add(at);
        models.computeIfAbsent(copy.adapter, name -> new HashSet<>()).add(copy.name());
      }
    }
  }

  private static ControlledCopy copy(ControlledEndpoint at, String model) {
    return Objects.requireNonNull(at.copy(model));
  }

  /** The adapters of which there are copies, declared or not. */
  Set<String> held() {
    return Set.copyOf(models.keySet());
  }

  /** How each adapter fares. */
  Map<String, AdapterStatus> statuses() {
    Map<String, AdapterStatus> statuses = new TreeMap<>();
    adapters.forEach(adapter -> statuses.put(adapter.name(), status(adapter)));
    return statuses;
  }

  private AdapterStatus status(ControlledAdapter adapter) {
    List<AdapterStatus.Copy> copies = new ArrayList<>();
    for (String model : models.getOrDefault(adapter.name(), Set.of())) {
      for (ControlledEndpoint at : holders.getOrDefault(model, List.of())) {
        copies.add(describe(at, copy(at, model)));
      }
    }
    copies.sort(Comparator.comparing(AdapterStatus.Copy::address));
    int ready = ready(adapter.target()).size();
    return new AdapterStatus(
        adapter.spec(),
        adapter.declared().origin(),
        phase(adapter),
        adapter.wanted,
        ready > 0 ? adapter.serving : "",
        desired(adapter),
        ready,
        message(adapter),
        adapter.facts(),
        copies);
  }

  private AdapterStatus.Copy describe(ControlledEndpoint at, ControlledCopy copy) {
    boolean waits = copy.state == CopyState.FAILED && !copy.lasting && copy.retryAt > now;
    long retryAt = waits ? unixMillis + (copy.retryAt - now) / 1_000_000 : 0;
    boolean begins = copy.state == CopyState.FAILED && (copy.busy || copy.attempts == 0);
    CopyState state = begins ? CopyState.LOADING : copy.state;
    return new AdapterStatus.Copy(
        at.address(), copy.revision, state, copy.attempts, retryAt, copy.reason);
  }

  /** Addresses where a model is ready. */
  private Set<String> ready(String model) {
    Set<String> ready = new HashSet<>();
    for (ControlledEndpoint at : holders.getOrDefault(model, List.of())) {
      if (copy(at, model).ready()) {
        ready.add(at.address());
      }
    }
    return ready;
  }

  /** As many as there could be, where it is to be everywhere. */
  private static int desired(ControlledAdapter adapter) {
    return adapter.desired == PlacementRequest.ALL ? adapter.planned.size() : adapter.desired;
  }

  private AdapterPhase phase(ControlledAdapter adapter) {
    int ready = ready(adapter.target()).size();
    if (!adapter.refusal().isEmpty() && ready == 0) {
      return AdapterPhase.REFUSED;
    }
    if (ready > 0) {
      boolean newest = adapter.content() != null && adapter.serving.equals(adapter.wanted);
      boolean enough = newest && ready >= desired(adapter);
      return enough && adapter.refusal().isEmpty() ? AdapterPhase.READY : AdapterPhase.DEGRADED;
    }
    if (adapter.desired == 0) {
      return AdapterPhase.ARCHIVED;
    }
    if (!adapter.placeable() || adapter.planned.isEmpty()) {
      return failing(adapter) ? AdapterPhase.FAILED : AdapterPhase.PENDING;
    }
    return failing(adapter) ? AdapterPhase.FAILED : AdapterPhase.LOADING;
  }

  /** Whether each try failed so far, often enough to say so. */
  private boolean failing(ControlledAdapter adapter) {
    boolean any = false;
    for (ControlledEndpoint at : holders.getOrDefault(adapter.wantedName(), List.of())) {
      ControlledCopy copy = copy(at, adapter.wantedName());
      if (copy.attempts < PATIENCE && !copy.lasting) {
        return false;
      }
      any = true;
    }
    return any;
  }

  private String message(ControlledAdapter adapter) {
    if (!adapter.refusal().isEmpty()) {
      return adapter.refusal();
    }
    if (adapter.content() == null) {
      return "its files were not looked at yet";
    }
    if (adapter.content() instanceof Content.Unsettled unsettled) {
      return unsettled.reason();
    }
    for (ControlledEndpoint at : holders.getOrDefault(adapter.wantedName(), List.of())) {
      ControlledCopy copy = copy(at, adapter.wantedName());
      if (copy.state == CopyState.FAILED && !copy.reason.isEmpty()) {
        return at.address() + ": " + copy.reason;
      }
    }
    return adapter.missing;
  }

  /** Which names are to be served by what. */
  ServedNames names() {
    Map<String, Name> names = new HashMap<>();
    Map<String, Copies> copies = new HashMap<>();
    holders.forEach(
        (model, at) ->
            copies.put(model, new Copies(at.getFirst().endpoint().pool(), ready(model), false, 1)));
    double mean = meanBytes();
    for (ControlledAdapter adapter : adapters) {
      PoolSettings pool = adapter.pool;
      AdapterPhase phase = phase(adapter);
      if (pool != null && phase != AdapterPhase.REFUSED) {
        String model = adapter.target();
        boolean expected =
            phase != AdapterPhase.FAILED
                && (adapter.desired > 0 || adapter.spec().replicas().max() > 0);
        copies.put(model, new Copies(pool.name(), ready(model), expected, size(adapter, mean)));
        Variant variant = new Variant(model, adapter.name());
        names.put(
            adapter.name(), new Name(pool.name(), List.of(variant), card(pool, adapter.name())));
      }
    }
    aliases(names);
    return new ServedNames(names, copies);
  }

  private double meanBytes() {
    return adapters.stream()
        .map(ControlledAdapter::facts)
        .filter(Objects::nonNull)
        .mapToLong(AdapterFacts::bytes)
        .average()
        .orElse(1);
  }

  /** Bounded, since a swap has costs that do not depend on it. */
  private static double size(ControlledAdapter adapter, double mean) {
    AdapterFacts facts = adapter.facts();
    return facts == null ? 1 : Math.clamp(facts.bytes() / mean, LEAST_SIZE, MOST_SIZE);
  }

  /** An alias stands for those of its adapters that are ready; for all of them while none is. */
  private void aliases(Map<String, Name> names) {
    Map<String, List<ControlledAdapter>> aliases = new HashMap<>();
    for (ControlledAdapter adapter : adapters) {
      if (names.containsKey(adapter.name())) {
        for (AliasShare alias : adapter.spec().aliases()) {
          if (alias.weight() > 0 && !names.containsKey(alias.name())) {
            aliases.computeIfAbsent(alias.name(), name -> new ArrayList<>()).add(adapter);
          }
        }
      }
    }
    aliases.forEach((alias, of) -> names.put(alias, alias(alias, of)));
  }

  private Name alias(String alias, List<ControlledAdapter> of) {
    PoolSettings pool = Objects.requireNonNull(of.getFirst().pool);
    List<Variant> ready = new ArrayList<>();
    List<Variant> all = new ArrayList<>();
    for (ControlledAdapter adapter : of) {
      if (pool.equals(adapter.pool)) {
        Variant variant = new Variant(adapter.target(), adapter.name(), weight(adapter, alias));
        all.add(variant);
        if (!ready(adapter.target()).isEmpty()) {
          ready.add(variant);
        }
      }
    }
    return new Name(pool.name(), ready.isEmpty() ? all : ready, card(pool, alias));
  }

  private static int weight(ControlledAdapter adapter, String alias) {
    return adapter.spec().aliases().stream()
        .filter(share -> share.name().equals(alias))
        .mapToInt(AliasShare::weight)
        .findFirst()
        .orElseThrow();
  }

  private static ModelCard card(PoolSettings pool, String name) {
    return new ModelCard(name, pool.baseModel(), null, 0, 0);
  }
}
