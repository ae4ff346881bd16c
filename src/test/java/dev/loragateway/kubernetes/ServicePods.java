package dev.loragateway.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The pods of a Service, at port 8000 of their addresses, and the one EndpointSlice that
 * Kubernetes' controller would keep of them. Confined to one thread.
 */
public final class ServicePods {
  public static final int PORT = 8000;

  private final KubernetesClient client;
  private final String namespace;
  private final String service;
  private final Pods pods;
  private final Map<String, Endpoint> endpoints = new LinkedHashMap<>();

  ServicePods(KubernetesClient client, String namespace, String service) {
    this.client = client;
    this.namespace = namespace;
    this.service = service;
    this.pods = new Pods(client, namespace);
  }

  /** Where a gateway finds them. */
  public KubernetesSource source() {
    return new KubernetesSource.Service("", namespace, service, "http");
  }

  /** A new pod starts. */
  public void starts(String name, String ip) {
    Pod pod = pods.create(name, Map.of("app", service));
    pods.runs(name, ip, false);
    Endpoint endpoint =
        new EndpointBuilder()
            .withAddresses(ip)
            .withNewTargetRef()
            .withKind("Pod")
            .withNamespace(namespace)
            .withName(name)
            .withUid(pod.getMetadata().getUid())
            .endTargetRef()
            .build();
    put(name, endpoint, false, false, false);
  }

  /** The pod's probe succeeds. */
  public void ready(String name) {
    Endpoint endpoint = endpoints.get(name);
    pods.runs(name, endpoint.getAddresses().getFirst(), true);
    put(name, endpoint, true, true, false);
  }

  /** The pod is deleted, while its container still serves. */
  public void terminates(String name) {
    pods.delete(name);
    put(name, endpoints.get(name), false, true, true);
  }

  /** The pod's container has ended. */
  public void ended(String name) {
    pods.ended(name);
    endpoints.remove(name);
    write();
  }

  private void put(
      String name, Endpoint endpoint, boolean ready, boolean serving, boolean terminating) {
    endpoints.put(
        name,
        new EndpointBuilder(endpoint)
            .withNewConditions()
            .withReady(ready)
            .withServing(serving)
            .withTerminating(terminating)
            .endConditions()
            .build());
    write();
  }

  private void write() {
    EndpointSlice slice =
        new EndpointSliceBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName(service + "-1")
            .addToLabels("kubernetes.io/service-name", service)
            .addToLabels(
                "endpointslice.kubernetes.io/managed-by", "endpointslice-controller.k8s.io")
            .endMetadata()
            .withAddressType("IPv4")
            .addNewPort()
            .withName("http")
            .withPort(PORT)
            .endPort()
            .addAllToEndpoints(endpoints.values())
            .build();
    client.resource(slice).createOr(NonDeletingOperation::update);
  }
}
