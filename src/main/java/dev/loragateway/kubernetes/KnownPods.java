package dev.loragateway.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.stream.Stream;

/** Pods of one cluster as they were told last. Thread-safe. */
interface KnownPods {
  KubernetesClient client();

  /** Their metadata at least. */
  Stream<Pod> pods();
}
