package dev.loragateway.bench.discovery;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How an API server is called. Immutable.
 *
 * @param context of the kubeconfig file; empty for its current one
 */
record Access(Path kubeconfig, String context) {
  Access {
    if (!Files.isRegularFile(kubeconfig)) {
      throw new IllegalArgumentException("no such file: " + kubeconfig);
    }
  }

  /** Makes a client of its own, without calling anybody yet. */
  KubernetesClient connect() {
    Config config = Config.fromKubeconfig(context.isEmpty() ? null : context, kubeconfig.toFile());
    if (!context.isEmpty()
        && (config.getCurrentContext() == null
            || !context.equals(config.getCurrentContext().getName()))) {
      throw new IllegalArgumentException(kubeconfig + " has no context " + context);
    }
    return new KubernetesClientBuilder().withConfig(config).build();
  }
}
