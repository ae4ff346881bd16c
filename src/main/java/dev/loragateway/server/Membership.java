package dev.loragateway.server;

import dev.loragateway.config.GatewayConfig;
import dev.loragateway.config.GatewayConfig.Pool;
import dev.loragateway.kubernetes.Discovered;
import dev.loragateway.kubernetes.KubernetesSource;
import dev.loragateway.model.Endpoint;
import dev.loragateway.registry.PoolSettings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which endpoints each pool has, by the configuration and by discovery. An address belongs to the
 * first pool that has it. Confined to its gateway's lock.
 */
final class Membership {
  private static final Logger log = LoggerFactory.getLogger(Membership.class);

  private List<Pool> pools = List.of();
  private final Map<String, List<Discovered>> discovered = new HashMap<>();
  private final Map<Endpoint, Pool> members = new LinkedHashMap<>();
  private final Map<Endpoint, List<String>> declared = new LinkedHashMap<>();
  private Set<String> clashes = Set.of();

  /** Takes the pools of a configuration. */
  void configure(GatewayConfig config) {
    pools = config.pools();
    discovered.keySet().retainAll(sources().keySet());
    merge();
  }

  /**
   * Takes all endpoints that a pool was found to have.
   *
   * @return those that declare others than before, when nothing else has changed; else null
   */
  @Nullable Map<Endpoint, List<String>> discovered(String pool, List<Discovered> found) {
    if (!sources().containsKey(pool)) {
      return Map.of();
    }
    List<Discovered> before = discovered.put(pool, found);
    if (before == null || !bare(before).equals(bare(found))) {
      merge();
      return null;
    }
    Map<Endpoint, List<String>> changed = new LinkedHashMap<>();
    for (int i = 0; i < found.size(); i++) {
      if (!found.get(i).adapters().equals(before.get(i).adapters())) {
        change(pool, found.get(i), changed);
      }
    }
    return changed;
  }

  private static List<Discovered> bare(List<Discovered> found) {
    return found.stream().map(one -> one.declaring(List.of())).toList();
  }

  private void change(String pool, Discovered one, Map<Endpoint, List<String>> changed) {
    for (Pool configured : pools) {
      if (configured.settings().name().equals(pool)) {
        Endpoint endpoint = endpoint(configured, one);
        if (declared.replace(endpoint, one.adapters()) != null) {
          changed.put(endpoint, one.adapters());
        }
      }
    }
  }

  /** Where the endpoints of pools are to be found, by the names of those pools. */
  Map<String, List<KubernetesSource>> sources() {
    Map<String, List<KubernetesSource>> sources = new LinkedHashMap<>();
    for (Pool pool : pools) {
      if (!pool.sources().isEmpty()) {
        sources.put(pool.settings().name(), pool.sources());
      }
    }
    return sources;
  }

  /** Pools of which it is not known yet which endpoints they have. */
  Set<String> awaited() {
    Set<String> awaited = new HashSet<>(sources().keySet());
    awaited.removeAll(discovered.keySet());
    return awaited;
  }

  /** The endpoints of each pool. */
  Map<PoolSettings, List<Endpoint>> endpoints() {
    Map<PoolSettings, List<Endpoint>> endpoints = new LinkedHashMap<>();
    pools.forEach(pool -> endpoints.put(pool.settings(), new ArrayList<>()));
    members.forEach(
        (endpoint, pool) ->
            endpoints
                .computeIfAbsent(pool.settings(), settings -> new ArrayList<>())
                .add(endpoint));
    return endpoints;
  }

  /** Every endpoint and its pool. */
  Map<Endpoint, Pool> members() {
    return members;
  }

  /** The adapters that the endpoints found declare, those used last first. */
  Map<Endpoint, List<String>> declared() {
    return declared;
  }

  private void merge() {
    members.clear();
    declared.clear();
    Map<String, String> owners = new HashMap<>();
    Set<String> twice = new LinkedHashSet<>();
    for (Pool pool : pools) {
      pool.endpoints().forEach(endpoint -> add(endpoint, pool, owners, twice));
      for (Discovered one : discovered.getOrDefault(pool.settings().name(), List.of())) {
        Endpoint endpoint = endpoint(pool, one);
        if (add(endpoint, pool, owners, twice)) {
          declared.put(endpoint, one.adapters());
        }
      }
    }
    twice.stream().filter(clash -> !clashes.contains(clash)).forEach(log::error);
    clashes = twice;
  }

  private static Endpoint endpoint(Pool pool, Discovered one) {
    return new Endpoint(
        pool.settings().name(),
        Endpoint.address(one.host(), one.port()),
        one.host(),
        one.port(),
        pool.access(),
        one.origin());
  }

  private boolean add(Endpoint endpoint, Pool pool, Map<String, String> owners, Set<String> twice) {
    String owner = owners.putIfAbsent(endpoint.address(), endpoint.pool());
    if (owner == null) {
      members.put(endpoint, pool);
      return true;
    }
    if (!owner.equals(endpoint.pool())) {
      twice.add(
          "endpoint %s is found in pool %s and in pool %s: %s keeps it"
              .formatted(endpoint.address(), owner, endpoint.pool(), owner));
    }
    return false;
  }
}
