package dev.loragateway.server;

import dev.loragateway.registry.AdapterRow;
import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RegistrySnapshot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which adapters the pods behind endpoints have in their GPU slots. Stateless. */
final class PodAdapters {
  private PodAdapters() {}

  /**
   * By the pods' UIDs, the adapter used last first. A pod with several endpoints holds what they
   * hold together; one of which anything is not known yet is left out.
   */
  static Map<String, List<String>> held(RegistrySnapshot snapshot) {
    Map<String, List<String>> held = new HashMap<>();
    Set<String> unknown = new HashSet<>();
    for (PoolSnapshot pool : snapshot.pools()) {
      for (int i = 0; i < pool.endpoints().size(); i++) {
        EndpointState at = pool.endpoints().get(i);
        String uid = at.endpoint().origin().uid();
        if (!known(at)) {
          unknown.add(uid);
          continue;
        }
        List<String> adapters = held.computeIfAbsent(uid, pod -> new ArrayList<>());
        for (String name : at.residency().gpu().reversed()) {
          if (!adapters.contains(name) && served(pool, name, i)) {
            adapters.add(name);
          }
        }
      }
    }
    held.keySet().removeAll(unknown);
    held.remove("");
    return held;
  }

  private static boolean known(EndpointState at) {
    return at.listed()
        && at.load() != null
        && at.residency().known()
        && at.residency().slotsKnown();
  }

  /** The weights of an adapter that was unregistered may still be in a slot. */
  private static boolean served(PoolSnapshot pool, String adapter, int endpoint) {
    AdapterRow row = pool.adapters().get(adapter);
    return pool.settings().resolver() || (row != null && row.registered(endpoint));
  }
}
