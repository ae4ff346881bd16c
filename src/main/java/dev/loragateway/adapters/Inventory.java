package dev.loragateway.adapters;

import dev.loragateway.adapters.AdapterCatalog.Catalog;
import dev.loragateway.adapters.AdapterCatalog.Declared;
import dev.loragateway.model.Health;
import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RegistrySnapshot;
import dev.loragateway.registry.ServedNames;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is known: the adapters that are declared, the endpoints that are up, and the copies there.
 * Confined to the controller's thread.
 */
final class Inventory {
  private final Map<String, ControlledAdapter> adapters = new TreeMap<>();
  private final Map<String, ControlledEndpoint> endpoints = new LinkedHashMap<>();

  /**
   * Endpoints that do not answer now. One that comes back as the same process has what it had, so
   * that an interrupted network does not have every copy seen to answer again.
   */
  private final Map<String, ControlledEndpoint> away = new HashMap<>();

  private Map<String, String> bases = Map.of();
  private boolean complete;
  private boolean asked;

  Collection<ControlledAdapter> adapters() {
    return adapters.values();
  }

  Collection<ControlledEndpoint> endpoints() {
    return endpoints.values();
  }

  @Nullable ControlledAdapter adapter(String name) {
    return adapters.get(name);
  }

  @Nullable ControlledEndpoint endpoint(String address) {
    return endpoints.get(address);
  }

  /** A copy, if the endpoint is up and has it or is to have it. */
  @Nullable ControlledCopy copy(String address, String model) {
    ControlledEndpoint at = endpoints.get(address);
    return at == null ? null : at.copy(model);
  }

  /** The base model of a pool; empty when there is no such pool. */
  String baseModel(String pool) {
    return bases.getOrDefault(pool, "");
  }

  /** Whether all that is declared is known, so that what is not may be taken away. */
  boolean complete() {
    return complete;
  }

  /** Whether every endpoint has once said what it holds, or did not answer. */
  boolean asked() {
    return asked;
  }

  /** Takes in which endpoints there are and what they list; returns whether anything changed. */
  boolean observe(RegistrySnapshot snapshot, long now) {
    boolean changed = false;
    Map<String, String> bases = new HashMap<>();
    Set<String> present = new HashSet<>();
    Set<String> named = new HashSet<>();
    boolean allAsked = snapshot.ready();
    for (PoolSnapshot pool : snapshot.pools()) {
      bases.put(pool.name(), pool.settings().baseModel());
      for (EndpointState state : pool.endpoints()) {
        allAsked &= state.health() != Health.UNKNOWN;
        named.add(state.endpoint().address());
        boolean up = state.up() || state.asleep() || state.health() == Health.EJECTED;
        if (up && state.listed()) {
          present.add(state.endpoint().address());
          changed |= observe(state, now);
        }
      }
    }
    this.bases = bases;
    asked |= allAsked;
    return leave(present, named, now) || changed;
  }

  private boolean observe(EndpointState state, long now) {
    ControlledEndpoint known = endpoints.get(state.endpoint().address());
    if (known != null && known.isOf(state.endpoint())) {
      return known.observe(state, now);
    }
    ControlledEndpoint earlier = away.get(state.endpoint().address());
    if (earlier != null && !earlier.tells(state, now)) {
      return false;
    }
    away.remove(state.endpoint().address());
    if (earlier != null && earlier.cameBackAs(state)) {
      endpoints.put(earlier.address(), earlier);
      var _ = earlier.observe(state, now);
      return true;
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

  private boolean leave(Set<String> present, Set<String> named, long now) {
    away.keySet().retainAll(named);
    boolean left = false;
    for (ControlledEndpoint at : List.copyOf(endpoints.values())) {
      if (!present.contains(at.address())) {
        at.left(now);
        endpoints.remove(at.address());
        if (named.contains(at.address())) {
          away.put(at.address(), at);
        }
        left = true;
      }
    }
    return left;
  }

  /** Takes in what is declared. */
  void declare(Catalog catalog, AdapterSettings settings, long now) {
    complete = catalog.complete();
    adapters.keySet().retainAll(catalog.adapters().keySet());
    catalog.adapters().forEach((name, declared) -> declare(declared, settings, now));
  }

  private void declare(Declared declared, AdapterSettings settings, long now) {
    ControlledAdapter known = adapters.get(declared.spec().name());
    if (known != null) {
      known.redeclare(declared);
      return;
    }
    ControlledAdapter adapter = new ControlledAdapter(declared, now);
    adapters.put(adapter.name(), adapter);
    adapter.toldUse = now - settings.demand().idle().toNanos();
    boolean loaded =
        endpoints.values().stream()
            .flatMap(at -> at.copies().stream())
            .anyMatch(copy -> copy.adapter.equals(adapter.name()));
    if (!loaded && declared.spec().replicas().min() == 0) {
      adapter.askedAt = adapter.toldUse;
    }
  }

  /** Takes in what the files of an adapter were found to be; returns whether that is news. */
  boolean found(String name, AdapterSource source, Content content) {
    ControlledAdapter adapter = adapters.get(name);
    if (adapter == null || !adapter.spec().source().equals(source)) {
      return false;
    }
    boolean changed = !content.equals(adapter.content());
    adapter.found(content);
    return changed;
  }

  /** Takes another gateway's word for where a revision answers. */
  void ready(String adapter, String revision, Set<String> addresses, long now) {
    for (ControlledEndpoint at : endpoints.values()) {
      if (addresses.contains(at.address())) {
        ControlledCopy copy = at.copy(adapter, revision);
        copy.denied = false;
        if (!copy.busy) {
          copy.loaded();
        }
      } else {
        ControlledCopy copy = at.copy(ServedNames.internal(adapter, revision));
        if (copy != null && copy.ready()) {
          copy.deny(now);
        }
      }
    }
  }

  /**
   * Leads from now on: nobody denies anything any more, and failures that another gateway has seen
   * are not repeated at once.
   */
  void remember(Map<String, List<AdapterStatus.Copy>> copies, long now, long unixMillis) {
    endpoints.values().forEach(at -> at.copies().forEach(copy -> copy.denied = false));
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

  /** Whether a revision is ready anywhere. */
  boolean isReady(ControlledAdapter adapter, String revision) {
    return adapter.isReady(endpoints.values(), revision);
  }
}
