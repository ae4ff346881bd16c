package dev.loragateway.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Watches what the pods of a namespace declare: EndpointSlices name the pods of their endpoints,
 * but do not have their annotations. Confined as its superclass is, but for {@link #pods}.
 */
final class PodWatch extends Watch implements KnownPods {
  /** A namespace of a cluster. */
  record Place(String context, String namespace) {
    static Place of(KubernetesSource source) {
      return new Place(source.context(), source.namespace());
    }

    @Override
    public String toString() {
      return "Pods in " + namespace + (context.isEmpty() ? "" : " in cluster " + context);
    }
  }

  private final TrimmedPods pods = new TrimmedPods();

  /**
   * Begins to watch, without waiting for anything.
   *
   * @param changed is told, on any thread, the UIDs of pods that declare others than before
   */
  PodWatch(
      Place place, KubernetesClient client, DiscoveryListener listener, Consumer<String> changed) {
    super("", place.toString(), place.namespace(), client, listener, () -> {});
    started(
        "pods",
        client.pods().inNamespace(namespace()).runnableInformer(0).itemStore(pods),
        (before, now) -> {
          Pod pod = now == null ? before : now;
          if (pod != null && !declared(before).equals(declared(now))) {
            changed.accept(pod.getMetadata().getUid());
          }
        });
  }

  private static List<String> declared(@Nullable Pod pod) {
    return pod == null ? List.of() : Declared.adapters(pod.getMetadata().getAnnotations());
  }

  /** The adapters that the pod with this UID declares. */
  List<String> declared(String uid) {
    return declared(pods.get(uid));
  }

  @Override
  public KubernetesClient client() {
    return client;
  }

  @Override
  public Stream<Pod> pods() {
    return pods.values();
  }
}
