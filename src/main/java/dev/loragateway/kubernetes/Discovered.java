package dev.loragateway.kubernetes;

import dev.loragateway.model.Origin;
import java.util.Set;

/**
 * An endpoint as Kubernetes tells of it. Immutable.
 *
 * @param host IP address or DNS name
 * @param port TCP port
 * @param origin where it was found
 * @param adapters that it declares to serve, in the annotation {@code loragateway.dev/adapters}
 */
public record Discovered(String host, int port, Origin origin, Set<String> adapters) {
  /** Names the adapters of a pod, or of all endpoints of a slice, separated by commas. */
  public static final String ADAPTERS = "loragateway.dev/adapters";

  public Discovered {
    adapters = Set.copyOf(adapters);
  }
}
