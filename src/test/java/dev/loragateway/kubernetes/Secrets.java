package dev.loragateway.kubernetes;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Base64;

/** Secrets with an entry {@code keys.yaml}, of one namespace. Immutable. */
public record Secrets(KubernetesClient client, String namespace) {
  /** Makes it, or gives it another content. */
  public void write(String name, String content) {
    write(name, "keys.yaml", content.getBytes(UTF_8));
  }

  void write(String name, String entry, byte[] content) {
    Secret secret =
        new SecretBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName(name)
            .endMetadata()
            .addToData(entry, Base64.getEncoder().encodeToString(content))
            .build();
    client.resource(secret).createOr(item -> item.update());
  }

  public void delete(String name) {
    client.secrets().inNamespace(namespace).withName(name).delete();
  }
}
