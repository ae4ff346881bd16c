package dev.loragateway.config;

import dev.loragateway.access.ApiKey;
import java.util.List;

/** What came of reading keys. Immutable. */
public sealed interface KeysResult {
  /** All of them. */
  record Valid(List<ApiKey> keys) implements KeysResult {}

  /** Every mistake. */
  record Invalid(List<ConfigError> errors) implements KeysResult {}
}
