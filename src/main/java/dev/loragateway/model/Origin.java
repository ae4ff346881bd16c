package dev.loragateway.model;

/**
 * Where an endpoint was discovered. Immutable.
 *
 * @param cluster the kubeconfig context of its cluster; empty for the gateway's own and for
 *     endpoints that the configuration names
 * @param zone its topology zone; empty when not told
 * @param uid of its pod, so that a pod that got the address of another one is told from it; empty
 *     when not told
 * @param node the name of its node; empty when not told
 */
public record Origin(String cluster, String zone, String uid, String node) {
  /** Of an endpoint that the configuration names. */
  public static final Origin STATIC = new Origin("", "", "", "");

  /** Of an endpoint whose node is not told. */
  public Origin(String cluster, String zone, String uid) {
    this(cluster, zone, uid, "");
  }

  /** Returns whether the endpoint is in the gateway's own cluster. */
  public boolean local() {
    return cluster.isEmpty();
  }
}
