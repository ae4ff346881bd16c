package dev.loragateway.kubernetes;

import dev.loragateway.model.Origin;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointConditions;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the EndpointSlices of one Service say together. An endpoint may be in two slices while they
 * are repacked, and is there if it is ready in either; one with an address of each family is one
 * endpoint, at its IPv4 address. Immutable.
 *
 * @param endpoints those that may get requests: ready and not terminating
 * @param problem why a slice has no endpoints at the wanted port, or null
 */
record SliceEndpoints(List<Discovered> endpoints, @Nullable String problem) {
  private static final List<String> TYPES = List.of("IPv4", "IPv6", "FQDN");

  private static final String MANAGED_BY = "endpointslice.kubernetes.io/managed-by";

  /** Repacks its slices, so that an annotation on one of them says nothing for long. */
  private static final String CONTROLLER = "endpointslice-controller.k8s.io";

  /**
   * Merges the slices, IPv4 before IPv6 before names, in the order of their own names.
   *
   * @param port name or number of the wanted port; empty for the only one
   */
  static SliceEndpoints of(Collection<EndpointSlice> slices, String port, String cluster) {
    Map<String, Discovered> found = new LinkedHashMap<>();
    String problem = null;
    List<EndpointSlice> sorted = new ArrayList<>(slices);
    sorted.sort(
        Comparator.comparing(EndpointSlice::getAddressType, Comparator.comparingInt(TYPES::indexOf))
            .thenComparing(slice -> slice.getMetadata().getName()));
    for (EndpointSlice slice : sorted) {
      Integer number = port(slice, port);
      if (number == null) {
        problem = endpoints(slice).isEmpty() ? problem : noPort(slice, port);
        continue;
      }
      List<String> declared = declared(slice);
      for (Endpoint endpoint : endpoints(slice)) {
        if (serves(endpoint)) {
          String host = endpoint.getAddresses().getFirst();
          Discovered one = new Discovered(host, number, origin(endpoint, cluster), declared);
          String uid = one.origin().uid();
          found.putIfAbsent(uid.isEmpty() ? host + " " + number : uid, one);
        }
      }
    }
    return new SliceEndpoints(List.copyOf(found.values()), problem);
  }

  /** Unset means ready; an endpoint that terminates may be called ready where that is asked for. */
  private static boolean serves(Endpoint endpoint) {
    EndpointConditions conditions = endpoint.getConditions();
    boolean ready = conditions == null || !Boolean.FALSE.equals(conditions.getReady());
    boolean terminating = conditions != null && Boolean.TRUE.equals(conditions.getTerminating());
    return ready && !terminating && !endpoint.getAddresses().isEmpty();
  }

  private static List<String> declared(EndpointSlice slice) {
    Map<String, String> labels = slice.getMetadata().getLabels();
    boolean repacked = labels != null && CONTROLLER.equals(labels.get(MANAGED_BY));
    return repacked ? List.of() : Declared.adapters(slice.getMetadata().getAnnotations());
  }

  private static Origin origin(Endpoint endpoint, String cluster) {
    String zone = endpoint.getZone();
    String uid = endpoint.getTargetRef() == null ? null : endpoint.getTargetRef().getUid();
    String node = endpoint.getNodeName();
    return new Origin(
        cluster, zone == null ? "" : zone, uid == null ? "" : uid, node == null ? "" : node);
  }

  /** An API server sends null where there is none. */
  private static List<Endpoint> endpoints(EndpointSlice slice) {
    return slice.getEndpoints() == null ? List.of() : slice.getEndpoints();
  }

  private static List<EndpointPort> ports(EndpointSlice slice) {
    return slice.getPorts() == null ? List.of() : slice.getPorts();
  }

  private static @Nullable Integer port(EndpointSlice slice, String wanted) {
    List<EndpointPort> ports = ports(slice);
    boolean numbered = !wanted.isEmpty() && wanted.chars().allMatch(Character::isDigit);
    if (ports.isEmpty() && numbered) {
      return Integer.valueOf(wanted);
    }
    if (wanted.isEmpty()) {
      return ports.size() == 1 ? ports.getFirst().getPort() : null;
    }
    for (EndpointPort port : ports) {
      if (wanted.equals(port.getName()) || wanted.equals(String.valueOf(port.getPort()))) {
        return port.getPort();
      }
    }
    return null;
  }

  private static String noPort(EndpointSlice slice, String wanted) {
    List<String> there = new ArrayList<>();
    for (EndpointPort port : ports(slice)) {
      boolean named = port.getName() != null && !port.getName().isEmpty();
      there.add(named ? port.getName() + " (" + port.getPort() + ")" : "" + port.getPort());
    }
    String ports = there.isEmpty() ? "none" : String.join(", ", there);
    return wanted.isEmpty()
        ? "EndpointSlice %s has the ports %s (expected: one, or a port in the configuration)"
            .formatted(slice.getMetadata().getName(), ports)
        : "EndpointSlice %s has no port %s (it has: %s)"
            .formatted(slice.getMetadata().getName(), wanted, ports);
  }
}
