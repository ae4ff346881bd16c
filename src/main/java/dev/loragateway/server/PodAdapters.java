package dev.loragateway.server;

import dev.loragateway.registry.AdapterRow;
import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.EndpointState.Held;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RegistrySnapshot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which adapters the pods behind endpoints have in their GPU slots. Stateless. */
final class PodAdapters {
  private PodAdapters() {}

  /**
   * By the pods' UIDs, the adapter used last first. A pod of which nothing is known yet is left
   * out; one with several endpoints holds what they hold together.
   */
  static Map<String, List<String>> held(RegistrySnapshot snapshot) {
    Map<String, List<String>> held = new HashMap<>();
    for (PoolSnapshot pool : snapshot.pools()) {
      for (int i = 0; i < pool.endpoints().size(); i++) {
        EndpointState at = pool.endpoints().get(i);
        String uid = at.endpoint().origin().uid();
        Held residency = at.residency();
        if (!uid.isEmpty() && residency.known() && residency.slotsKnown() && at.load() != null) {
          List<String> adapters = held.computeIfAbsent(uid, pod -> new ArrayList<>());
          for (String name : residency.gpu().reversed()) {
            if (!adapters.contains(name) && served(pool, name, i)) {
              adapters.add(name);
            }
          }
        }
      }
    }
    return held;
  }

  /** The weights of an adapter that was unregistered may still be in a slot. */
  private static boolean served(PoolSnapshot pool, String adapter, int endpoint) {
    AdapterRow row = pool.adapters().get(adapter);
    return pool.settings().resolver() || (row != null && row.registered(endpoint));
  }
}
