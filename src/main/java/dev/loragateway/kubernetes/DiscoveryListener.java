package dev.loragateway.kubernetes;

/** Is told how watching Kubernetes fares. Thread-safe. */
public interface DiscoveryListener {
  /** Once a second: whether the source is watched now; if not, that is tried again and again. */
  default void watching(String pool, KubernetesSource source, boolean works) {}

  /** The source is not watched any more, and nobody wants that. */
  default void stopped(String pool, KubernetesSource source) {}

  /** A request to the API server failed; {@code code} is its status, 0 when it had none. */
  default void failed(String pool, KubernetesSource source, int code) {}
}
