package dev.loragateway.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Watches one source of a pool's endpoints. Confined as its superclass is. */
abstract class SourceWatch extends Watch {
  SourceWatch(
      String pool,
      KubernetesSource source,
      KubernetesClient client,
      DiscoveryListener listener,
      Runnable changed) {
    super(pool, source.toString(), source.namespace(), client, listener, changed);
  }

  /** The endpoints now; null until all were told once. */
  abstract @Nullable List<Discovered> endpoints();
}
