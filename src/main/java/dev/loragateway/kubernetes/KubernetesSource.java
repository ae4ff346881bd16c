package dev.loragateway.kubernetes;

/** Where a pool's endpoints are found in Kubernetes. Immutable. */
public sealed interface KubernetesSource {
  /** The kubeconfig context of the cluster; empty for the one that the gateway runs in. */
  String context();

  String namespace();

  String name();

  /**
   * The ready endpoints of a Service.
   *
   * @param port name or number of a port of its EndpointSlices; empty where they have only one
   */
  record Service(String context, String namespace, String name, String port)
      implements KubernetesSource {
    @Override
    public String toString() {
      return "Service " + namespace + "/" + name + in(context);
    }
  }

  /** The ready pods that an InferencePool selects, at each of its target ports. */
  record InferencePool(String context, String namespace, String name) implements KubernetesSource {
    @Override
    public String toString() {
      return "InferencePool " + namespace + "/" + name + in(context);
    }
  }

  private static String in(String context) {
    return context.isEmpty() ? "" : " in cluster " + context;
  }
}
