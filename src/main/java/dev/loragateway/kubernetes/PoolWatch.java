package dev.loragateway.kubernetes;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Watches an InferencePool of the Gateway API and the pods that it selects; when it comes to select
 * others, those are watched instead, and the old ones stay until the new ones are known. Confined
 * as its superclass is, but for {@link #pods}.
 */
final class PoolWatch extends SourceWatch implements KnownPods {
  static final ResourceDefinitionContext INFERENCE_POOL =
      new ResourceDefinitionContext.Builder()
          .withGroup("inference.networking.k8s.io")
          .withVersion("v1")
          .withKind("InferencePool")
          .withPlural("inferencepools")
          .withNamespaced(true)
          .build();

  /** What the pool says of its pods. */
  private record Spec(Map<String, String> labels, List<Integer> ports) {}

  private final KubernetesSource.InferencePool wanted;
  private final SharedIndexInformer<GenericKubernetesResource> pools;
  private volatile @Nullable SharedIndexInformer<Pod> pods;
  private @Nullable Map<String, String> selected;
  private @Nullable List<Discovered> last;

  PoolWatch(
      String pool,
      KubernetesSource.InferencePool wanted,
      KubernetesClient client,
      DiscoveryListener listener,
      Runnable changed) {
    super(pool, wanted, client, listener, changed);
    this.wanted = wanted;
    this.pools =
        started(
            "inferencepools",
            client
                .genericKubernetesResources(INFERENCE_POOL)
                .inNamespace(namespace())
                .withField("metadata.name", wanted.name())
                .runnableInformer(0));
  }

  @Override
  @Nullable List<Discovered> endpoints() {
    if (!pools.hasSynced()) {
      return null;
    }
    Spec spec = pools.getStore().list().stream().findFirst().map(PoolWatch::spec).orElse(null);
    if (spec == null || spec.labels.isEmpty() || spec.ports.isEmpty()) {
      report(spec == null ? "does not exist" : "has no selector.matchLabels or no targetPorts");
      return List.of();
    }
    SharedIndexInformer<Pod> selectedPods = select(spec.labels);
    if (selectedPods.hasSynced()) {
      report(null);
      last = PoolPods.of(selectedPods.getStore().list(), spec.ports, wanted.context());
    }
    return last;
  }

  private SharedIndexInformer<Pod> select(Map<String, String> labels) {
    SharedIndexInformer<Pod> now = pods;
    if (now == null || !labels.equals(selected)) {
      if (now != null) {
        stop(now);
      }
      now =
          started(
              "pods",
              client.pods().inNamespace(namespace()).withLabels(labels).runnableInformer(0));
      pods = now;
      selected = labels;
    }
    return now;
  }

  @Override
  public KubernetesClient client() {
    return client;
  }

  @Override
  public Stream<Pod> pods() {
    SharedIndexInformer<Pod> now = pods;
    return now == null ? Stream.empty() : now.getStore().list().stream();
  }

  private static Spec spec(GenericKubernetesResource pool) {
    Map<String, String> labels = new HashMap<>();
    if (pool.get("spec", "selector", "matchLabels") instanceof Map<?, ?> named) {
      named.forEach((key, value) -> labels.put(String.valueOf(key), String.valueOf(value)));
    }
    List<Integer> ports = new ArrayList<>();
    if (pool.get("spec", "targetPorts") instanceof List<?> listed) {
      for (Object port : listed) {
        if (port instanceof Map<?, ?> fields && fields.get("number") instanceof Number number) {
          ports.add(number.intValue());
        }
      }
    }
    return new Spec(labels, ports);
  }
}
