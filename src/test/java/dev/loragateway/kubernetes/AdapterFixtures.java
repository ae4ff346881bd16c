package dev.loragateway.kubernetes;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Objects of one namespace that declare adapters. Immutable. */
record AdapterFixtures(KubernetesClient client, String namespace) {
  /** Makes a LoraAdapter. */
  LoraAdapter create(String name, String spec) {
    return client.resource(object(name, spec)).create();
  }

  /** Gives it another spec, however often others write to it meanwhile. */
  void update(String name, String spec) {
    LoraAdapter next = object(name, spec);
    while (true) {
      try {
        LoraAdapter now = at(name).get();
        now.setSpec(next.getSpec());
        client.resource(now).update();
        return;
      } catch (KubernetesClientException e) {
        if (!Failure.of(e).isConflict()) {
          throw e;
        }
      }
    }
  }

  LoraAdapter object(String name, String spec) {
    return client
        .getKubernetesSerialization()
        .unmarshal(
            """
            apiVersion: loragateway.dev/v1alpha1
            kind: LoraAdapter
            metadata: { namespace: %s, name: %s }
            spec: %s
            """
                .formatted(namespace, name, spec),
            LoraAdapter.class);
  }

  /** The same without the classes that read it. */
  GenericKubernetesResource raw(String name, Object spec) {
    return new GenericKubernetesResourceBuilder()
        .withApiVersion("loragateway.dev/v1alpha1")
        .withKind("LoraAdapter")
        .withNewMetadata()
        .withNamespace(namespace)
        .withName(name)
        .endMetadata()
        .addToAdditionalProperties("spec", spec)
        .build();
  }

  Resource<LoraAdapter> at(String name) {
    return client.resources(LoraAdapter.class).inNamespace(namespace).withName(name);
  }

  @Nullable LoraAdapter get(String name) {
    return at(name).get();
  }

  @Nullable LoraAdapterStatus status(String name) {
    LoraAdapter now = get(name);
    return now == null ? null : now.getStatus();
  }

  /** Status and reason of a condition; empty without it. */
  String condition(String name, String type) {
    Condition found = find(name, type);
    return found == null ? "" : found.getStatus() + " " + found.getReason();
  }

  @Nullable Condition find(String name, String type) {
    LoraAdapterStatus status = status(name);
    List<Condition> all = status == null ? List.of() : status.conditions();
    return all.stream().filter(one -> one.getType().equals(type)).findFirst().orElse(null);
  }

  /** Reasons of the Events about it, in the order of the alphabet. */
  List<String> events(String name) {
    return client.v1().events().inNamespace(namespace).list().getItems().stream()
        .filter(event -> event.getInvolvedObject().getName().equals(name))
        .map(Event::getReason)
        .sorted()
        .toList();
  }

  void delete(String name) {
    at(name).delete();
  }

  /** Makes an object of AIBrix. */
  GenericKubernetesResource createModelAdapter(String name, Map<String, Object> spec) {
    return client
        .genericKubernetesResources(ModelAdapterReader.MODEL_ADAPTER)
        .inNamespace(namespace)
        .resource(
            new GenericKubernetesResourceBuilder()
                .withApiVersion("model.aibrix.ai/v1alpha1")
                .withKind("ModelAdapter")
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(name)
                .endMetadata()
                .addToAdditionalProperties("spec", spec)
                .build())
        .create();
  }
}
