package dev.loragateway.kubernetes;

import dev.loragateway.access.KeysSecret;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Watches one Secret, by its name: no right to see others is needed. Confined as its superclass is.
 */
final class SecretWatch extends Watch {
  private final KeysSecret wanted;
  private final SecretSink sink;
  private final SharedIndexInformer<Secret> secrets;
  private @Nullable String told;
  private @Nullable String refused;

  SecretWatch(
      KeysSecret wanted,
      KubernetesClient client,
      SecretSink sink,
      DiscoveryListener listener,
      Runnable changed) {
    super("", wanted.toString(), wanted.namespace(), client, listener, changed);
    this.wanted = wanted;
    this.sink = sink;
    this.secrets =
        started(
            "secrets",
            client
                .secrets()
                .inNamespace(namespace())
                .withField("metadata.name", wanted.name())
                .runnableInformer(0));
  }

  /** Tells of another content. A Secret that is gone, or holds nothing, changes nothing. */
  void look() {
    if (!secrets.hasSynced()) {
      return;
    }
    Secret secret = secrets.getStore().list().stream().findFirst().orElse(null);
    String content = secret == null ? null : content(secret);
    if (content != null && !content.equals(told)) {
      refused = sink.changed(wanted, content);
      told = content;
    }
    String problem = content != null ? refused : missing(secret);
    report(problem == null ? null : problem + " (keys that are known stay in force)");
    sink.newest(wanted, problem == null && works());
  }

  private String missing(@Nullable Secret secret) {
    return secret == null ? "does not exist" : "has no entry " + wanted.key() + " of text in UTF-8";
  }

  private @Nullable String content(Secret secret) {
    Map<String, String> entries = secret.getData();
    String encoded = entries == null ? null : entries.get(wanted.key());
    if (encoded == null) {
      return null;
    }
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(encoded));
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException | IllegalArgumentException e) {
      return null;
    }
  }
}
