package dev.loragateway.kubernetes;

import java.util.Map;

/** Gets what Secrets hold. */
interface Credentials {
  /** What was got. */
  sealed interface Outcome {}

  /** The entries of a Secret; {@link #toString} hides them. */
  record Found(Map<String, String> entries) implements Outcome {
    public Found {
      entries = Map.copyOf(entries);
    }

    @Override
    public String toString() {
      return "entries " + entries.keySet();
    }
  }

  /**
   * There is nothing, or nobody may see it.
   *
   * @param reason one word, as conditions have it
   * @param message for people
   */
  record Missing(String reason, String message) implements Outcome {}

  /**
   * Gets a Secret; may block.
   *
   * @throws io.fabric8.kubernetes.client.KubernetesClientException if that cannot be told now
   */
  Outcome of(String namespace, String secret);
}
