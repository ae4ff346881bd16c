package dev.loragateway.server;

import dev.loragateway.access.Access;
import dev.loragateway.access.KeysSecret;
import dev.loragateway.config.ConfigError;
import dev.loragateway.config.KeysReader;
import dev.loragateway.config.KeysResult;
import dev.loragateway.kubernetes.SecretSink;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts the keys that a Secret holds in force. Immutable. */
record KeysOfSecret(Access access) implements SecretSink {
  private static final Logger log = LoggerFactory.getLogger(KeysOfSecret.class);

  @Override
  public @Nullable String changed(KeysSecret secret, String content) {
    return switch (KeysReader.parse(content, secret.key())) {
      case KeysResult.Valid(var keys) -> {
        access.keys(secret, keys);
        log.info("{}: {} keys are in force", secret, keys.size());
        yield null;
      }
      case KeysResult.Invalid(List<ConfigError> errors) ->
          errors.stream().map(ConfigError::toString).collect(Collectors.joining("; "));
    };
  }

  @Override
  public void dropped(KeysSecret secret) {
    access.dropped(secret);
  }

  @Override
  public void newest(KeysSecret secret, boolean newest) {
    access.newest(secret, newest);
  }
}
