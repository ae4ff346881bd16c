package dev.loragateway.kubernetes;

/**
 * Is told how Kubernetes is watched and written to. Pools are named by their names, empty where a
 * thing belongs to several of them; sources by their words. Thread-safe.
 */
public interface DiscoveryListener {
  /** Once a second: whether the source is watched now; if not, that is tried again and again. */
  default void watching(String pool, String source, boolean works) {}

  /** The source is not watched any more, and nobody wants that. */
  default void stopped(String pool, String source) {}

  /** A request to the API server failed; {@code code} is its status, 0 when it had none. */
  default void failed(String pool, String source, int code) {}

  /** Whether this gateway is the one that annotates pods. */
  default void leads(boolean leads) {}

  /** The annotation of a pod was written, or could not be. */
  default void annotated(boolean done) {}
}
