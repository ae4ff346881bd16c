package dev.loragateway.kubernetes;

import dev.loragateway.model.Origin;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** The endpoints that pods are for an InferencePool. Stateless. */
final class PoolPods {
  private static final String ZONE = "topology.kubernetes.io/zone";

  private PoolPods() {}

  /** Each ready pod that is not being deleted, at each of the ports. */
  static List<Discovered> of(Collection<Pod> pods, List<Integer> ports, String cluster) {
    List<Discovered> found = new ArrayList<>();
    List<Pod> sorted = new ArrayList<>(pods);
    sorted.sort(Comparator.comparing(pod -> pod.getMetadata().getName()));
    for (Pod pod : sorted) {
      if (serves(pod)) {
        for (int port : ports) {
          found.add(
              new Discovered(
                  pod.getStatus().getPodIP(),
                  port,
                  origin(pod, cluster),
                  Declared.adapters(pod.getMetadata().getAnnotations())));
        }
      }
    }
    return found;
  }

  private static boolean serves(Pod pod) {
    if (pod.getMetadata().getDeletionTimestamp() != null
        || pod.getStatus() == null
        || pod.getStatus().getPodIP() == null) {
      return false;
    }
    for (PodCondition condition : pod.getStatus().getConditions()) {
      if ("Ready".equals(condition.getType())) {
        return "True".equals(condition.getStatus());
      }
    }
    return false;
  }

  /** The zone is known where the cluster copies it from the node to its pods. */
  private static Origin origin(Pod pod, String cluster) {
    String zone =
        pod.getMetadata().getLabels() == null
            ? ""
            : pod.getMetadata().getLabels().getOrDefault(ZONE, "");
    String node = pod.getSpec() == null ? null : pod.getSpec().getNodeName();
    return new Origin(cluster, zone, pod.getMetadata().getUid(), node == null ? "" : node);
  }
}
