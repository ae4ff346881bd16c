package dev.loragateway.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Keeps of each pod who it is and what it declares, by its UID: whole pods of a large namespace
 * would take some ten kilobytes each. Thread-safe.
 */
final class TrimmedPods implements ItemStore<Pod> {
  private final Map<String, Pod> pods = new ConcurrentHashMap<>();

  private static Pod trimmed(Pod pod) {
    String declared = Declared.annotation(pod.getMetadata().getAnnotations());
    return new PodBuilder()
        .withNewMetadata()
        .withNamespace(pod.getMetadata().getNamespace())
        .withName(pod.getMetadata().getName())
        .withUid(pod.getMetadata().getUid())
        .withResourceVersion(pod.getMetadata().getResourceVersion())
        .withAnnotations(declared == null ? Map.of() : Map.of(Discovered.ADAPTERS, declared))
        .endMetadata()
        .build();
  }

  @Override
  public String getKey(Pod pod) {
    return pod.getMetadata().getUid();
  }

  @Override
  public @Nullable Pod put(String uid, Pod pod) {
    return pods.put(uid, trimmed(pod));
  }

  @Override
  public @Nullable Pod remove(String uid) {
    return pods.remove(uid);
  }

  @Override
  public Stream<String> keySet() {
    return pods.keySet().stream();
  }

  @Override
  public Stream<Pod> values() {
    return pods.values().stream();
  }

  @Override
  public int size() {
    return pods.size();
  }

  @Override
  public @Nullable Pod get(String uid) {
    return pods.get(uid);
  }

  @Override
  public boolean isFullState() {
    return false;
  }
}
