package dev.loragateway.kubernetes;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;

/** Connects to clusters as other Kubernetes tools do. Stateless. */
public final class KubernetesClients {
  private KubernetesClients() {}

  /**
   * Makes a client, without calling anybody yet.
   *
   * @param context of the kubeconfig file; empty for its current one or, in a pod, for the pod's
   *     own cluster with its service account, whose token is read anew when it is replaced
   */
  public static KubernetesClient connect(String context) {
    Config config = Config.autoConfigure(context.isEmpty() ? null : context);
    return new KubernetesClientBuilder().withConfig(config).build();
  }
}
