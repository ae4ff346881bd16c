package dev.loragateway.adapters;

import org.jspecify.annotations.Nullable;

/** What is known of the files of an adapter. */
public sealed interface Content {
  /**
   * They can be served.
   *
   * @param revision equal for equal files: hexadecimal digits
   * @param facts null when the files cannot be seen from here
   */
  record Settled(String revision, @Nullable AdapterFacts facts) implements Content {}

  /** They cannot be told now, as while they are being copied; another look may help. */
  record Unsettled(String reason) implements Content {}

  /** Nobody can serve them as they are. */
  record Refused(String reason) implements Content {}
}
