package dev.loragateway.kubernetes;

import dev.loragateway.model.Origin;
import java.util.List;

/**
 * An endpoint as Kubernetes tells of it. Immutable.
 *
 * @param host IP address or DNS name
 * @param port TCP port
 * @param origin where it was found
 * @param adapters that it declares, in the annotation {@code loragateway.dev/adapters}: those that
 *     it holds, the one used last first
 */
public record Discovered(String host, int port, Origin origin, List<String> adapters) {
  /** Names the adapters of a pod, or of all endpoints of a slice, separated by commas. */
  public static final String ADAPTERS = "loragateway.dev/adapters";

  /** The same with other adapters. */
  public Discovered declaring(List<String> others) {
    return new Discovered(host, port, origin, others);
  }

  public Discovered {
    adapters = List.copyOf(adapters);
  }
}
