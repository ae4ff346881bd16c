package dev.loragateway.kubernetes;

import dev.loragateway.adapters.AdapterNames;
import dev.loragateway.adapters.AdapterSource;
import dev.loragateway.adapters.AdapterSpec;
import dev.loragateway.adapters.Preferences;
import dev.loragateway.adapters.Replicas;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.List;
import java.util.Map;

/**
 * Reads what AIBrix's {@code ModelAdapter} objects declare (its {@code
 * api/model/v1alpha1/modeladapter_types.go}): the object's name is the adapter's, no replicas are
 * all. Confined to one thread.
 */
final class ModelAdapterReader {
  static final ResourceDefinitionContext MODEL_ADAPTER =
      new ResourceDefinitionContext.Builder()
          .withGroup("model.aibrix.ai")
          .withVersion("v1alpha1")
          .withKind("ModelAdapter")
          .withPlural("modeladapters")
          .withNamespaced(true)
          .build();

  private static final String BASE_MODEL = "model.aibrix.ai/name";
  private static final String HUGGING_FACE = "huggingface://";
  private static final List<String> SCHEMES = List.of("s3://", "hf://", "http://", "https://", "/");

  private final Credentials credentials;

  ModelAdapterReader(Credentials credentials) {
    this.credentials = credentials;
  }

  /** Reads an object; does not ask whether its name is taken. */
  AdapterObject read(GenericKubernetesResource object) {
    String name = object.getMetadata().getName();
    return new AdapterObject(object.getMetadata(), name, reading(name, object), null);
  }

  private Reading reading(String name, GenericKubernetesResource object) {
    String refused = AdapterNames.refusal(name);
    if (refused != null) {
      return new Reading.Faulty(SpecReader.INVALID_NAME, refused);
    }
    String url = text(object, "spec", "artifactURL");
    if (url.startsWith(HUGGING_FACE)) {
      url = "hf://" + url.substring(HUGGING_FACE.length());
    }
    if (SCHEMES.stream().noneMatch(url::startsWith)) {
      return new Reading.Faulty(
          SpecReader.UNSUPPORTED_SOURCE,
          "artifactURL is %s (expected: s3://, huggingface://, hf://, http(s):// or a path)"
              .formatted(new AdapterSource(url)));
    }
    String secret = text(object, "spec", "credentialsSecretRef", "name");
    Map<String, String> entries = Map.of();
    if (!secret.isEmpty()) {
      switch (credentials.of(object.getMetadata().getNamespace(), secret)) {
        case Credentials.Found found -> entries = found.entries();
        case Credentials.Missing missing -> {
          return new Reading.Faulty(missing.reason(), missing.message());
        }
      }
    }
    return new Reading.Good(
        new AdapterSpec(
            name,
            baseModel(object),
            SpecReader.source(url, null, entries),
            replicas(object),
            Preferences.NONE,
            List.of()));
  }

  /** Where the base model is not named, the pods that are selected have it as a label. */
  private static String baseModel(GenericKubernetesResource object) {
    String named = text(object, "spec", "baseModel");
    return named.isEmpty() ? text(object, "spec", "podSelector", "matchLabels", BASE_MODEL) : named;
  }

  private static Replicas replicas(GenericKubernetesResource object) {
    return object.get("spec", "replicas") instanceof Number count && count.intValue() >= 0
        ? Replicas.of(count.intValue())
        : Replicas.ALL;
  }

  private static String text(GenericKubernetesResource object, String... path) {
    return object.get((Object[]) path) instanceof String text ? text : "";
  }
}
