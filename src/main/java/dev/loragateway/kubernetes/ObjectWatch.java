package dev.loragateway.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Watches the custom resources of a kind in one namespace. Where the CRD is not installed there are
 * none. Confined as its superclass is, but for {@link #objects}.
 */
final class ObjectWatch<T extends HasMetadata> extends Watch {
  private final SharedIndexInformer<T> informer;

  /** A kind of custom resources: its plural, as Roles name it, and how they are watched. */
  record Kind<T extends HasMetadata>(
      String plural,
      String words,
      BiFunction<KubernetesClient, String, SharedIndexInformer<T>> in) {}

  /**
   * Begins to watch, without waiting for anything.
   *
   * @param namespace where; empty for that of the client's account or context
   */
  ObjectWatch(
      Kind<T> kind,
      String namespace,
      KubernetesClient client,
      DiscoveryListener listener,
      Runnable changed) {
    super("", words(kind, namespace), namespace, client, listener, changed);
    this.informer = started(kind.plural, kind.in.apply(client, namespace()));
  }

  static String words(Kind<?> kind, String namespace) {
    return kind.words + (namespace.isEmpty() ? "" : " in " + namespace);
  }

  /** All that there are; null until that was told once. */
  @Nullable List<T> objects() {
    if (informer.hasSynced()) {
      return informer.getStore().list();
    }
    return isKindMissing() ? List.of() : null;
  }
}
