package dev.loragateway.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.PodResource;
import java.util.Map;

/** Does to the pods of a namespace what a node does. Confined to one thread. */
public final class Pods {
  private final KubernetesClient client;
  private final String namespace;

  Pods(KubernetesClient client, String namespace) {
    this.client = client;
    this.namespace = namespace;
  }

  /** A pod that was given to a node, and no more. */
  public Pod create(String name, Map<String, String> labels) {
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName(name)
            .withLabels(labels)
            .endMetadata()
            .withNewSpec()
            .withNodeName("node")
            .addNewContainer()
            .withName("vllm")
            .withImage("vllm")
            .endContainer()
            .endSpec()
            .build();
    return client.resource(pod).create();
  }

  /** The pod runs at this address. */
  public void runs(String name, String ip, boolean ready) {
    pod(name)
        .editStatus(
            pod ->
                new PodBuilder(pod)
                    .withNewStatus()
                    .withPhase("Running")
                    .withPodIP(ip)
                    .addNewPodIP(ip)
                    .addNewCondition()
                    .withType("Ready")
                    .withStatus(ready ? "True" : "False")
                    .endCondition()
                    .endStatus()
                    .build());
  }

  /** Asks the pod to end; it stays, and stays ready, until it {@link #ended}. */
  public void delete(String name) {
    pod(name).delete();
  }

  /** The pod has ended. */
  public void ended(String name) {
    pod(name).withGracePeriod(0).delete();
  }

  private PodResource pod(String name) {
    return client.pods().inNamespace(namespace).withName(name);
  }
}
