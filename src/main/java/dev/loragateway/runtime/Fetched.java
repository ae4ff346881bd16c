package dev.loragateway.runtime;

import org.jspecify.annotations.Nullable;

/** What a source had. */
sealed interface Fetched {
  /** What it had the last time. */
  record Unchanged() implements Fetched {}

  /**
   * Files, which are staged.
   *
   * @param validator what the source calls this version of them; null = it does not say
   */
  record Files(@Nullable String validator) implements Fetched {}
}
