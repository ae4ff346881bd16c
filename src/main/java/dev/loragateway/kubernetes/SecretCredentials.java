package dev.loragateway.kubernetes;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gets the Secrets that adapters name, each by its name: no right to list them is needed. What was
 * got is kept for a minute, and for longer while the API server is away. Confined to one thread.
 */
final class SecretCredentials implements Credentials {
  private static final Logger log = LoggerFactory.getLogger(SecretCredentials.class);

  private static final long FRESH = Duration.ofMinutes(1).toNanos();

  /** Until one is asked for again that was not to be had. */
  private static final long MISSING = Duration.ofSeconds(10).toNanos();

  /** A Secret of a namespace. */
  private record Key(String namespace, String name) {}

  /** What was got, and when. */
  private record Got(Outcome outcome, long at) {}

  private final KubernetesClient client;
  private final LongSupplier clock;
  private final Map<Key, Got> known = new HashMap<>();
  private final Set<Key> used = new HashSet<>();

  /**
   * Has got nothing yet.
   *
   * @param clock nanoseconds, as {@link System#nanoTime}
   */
  SecretCredentials(KubernetesClient client, LongSupplier clock) {
    this.client = client;
    this.clock = clock;
  }

  /** Begins a round, in which all that is needed is asked for. */
  void begin() {
    used.clear();
  }

  /** Ends it: what was not asked for is forgotten. */
  void end() {
    known.keySet().retainAll(used);
  }

  /** Whether anything that was used should be got anew. */
  boolean isStale() {
    return used.stream().anyMatch(key -> isStale(known.get(key)));
  }

  private boolean isStale(@Nullable Got got) {
    return got == null
        || clock.getAsLong() - got.at >= (got.outcome instanceof Found ? FRESH : MISSING);
  }

  @Override
  public Outcome of(String namespace, String secret) {
    Key key = new Key(namespace, secret);
    used.add(key);
    Got before = known.get(key);
    if (before != null && !isStale(before)) {
      return before.outcome;
    }
    Outcome outcome = got(key, before);
    known.put(key, new Got(outcome, clock.getAsLong()));
    return outcome;
  }

  private Outcome got(Key key, @Nullable Got before) {
    try {
      Secret secret = client.secrets().inNamespace(key.namespace).withName(key.name).get();
      return secret == null ? missing("SecretNotFound", key, "is not there") : found(key, secret);
    } catch (KubernetesClientException e) {
      Failure failed = Failure.of(e);
      if (failed.isForbidden()) {
        return missing("SecretForbidden", key, "may not be read: " + failed.reason());
      }
      if (before == null) {
        throw e;
      }
      log.debug("Secret {} is not read anew", key, e);
      return before.outcome;
    }
  }

  private static Missing missing(String reason, Key key, String why) {
    return new Missing(reason, "Secret %s/%s %s".formatted(key.namespace, key.name, why));
  }

  private static Outcome found(Key key, Secret secret) {
    Map<String, String> entries = new HashMap<>();
    try {
      if (secret.getData() != null) {
        secret
            .getData()
            .forEach(
                (entry, value) ->
                    entries.put(
                        entry,
                        new String(Base64.getDecoder().decode(value), StandardCharsets.UTF_8)));
      }
    } catch (IllegalArgumentException e) {
      return missing("SecretInvalid", key, "has an entry that is no base64");
    }
    return new Found(entries);
  }
}
