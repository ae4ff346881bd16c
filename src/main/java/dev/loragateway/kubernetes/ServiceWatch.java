package dev.loragateway.kubernetes;

import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Watches the EndpointSlices of a Service. Confined as its superclass is. */
final class ServiceWatch extends SourceWatch {
  private static final String SERVICE = "kubernetes.io/service-name";

  private final KubernetesSource.Service service;
  private final SharedIndexInformer<EndpointSlice> slices;

  ServiceWatch(
      String pool,
      KubernetesSource.Service service,
      KubernetesClient client,
      DiscoveryListener listener,
      Runnable changed) {
    super(pool, service, client, listener, changed);
    this.service = service;
    this.slices =
        started(
            "endpointslices",
            client
                .discovery()
                .v1()
                .endpointSlices()
                .inNamespace(namespace())
                .withLabel(SERVICE, service.name())
                .runnableInformer(0));
  }

  @Override
  @Nullable List<Discovered> endpoints() {
    if (!slices.hasSynced()) {
      return null;
    }
    SliceEndpoints merged =
        SliceEndpoints.of(slices.getStore().list(), service.port(), service.context());
    report(merged.problem());
    return merged.endpoints();
  }
}
