package dev.loragateway.runtime;

import java.time.Duration;

/**
 * What one fetch may take. Immutable.
 *
 * @param maxBytes of one adapter: of its archive, and of what is unpacked
 * @param maxEntries of one archive, or objects below one prefix
 * @param stall after which a source that sends nothing is given up; at most twice as long
 * @param total after which a fetch is given up
 */
public record FetchLimits(long maxBytes, int maxEntries, Duration stall, Duration total) {
  /** 16 GiB; a large adapter of a large model has about 2. */
  public static final FetchLimits DEFAULTS =
      new FetchLimits(16L << 30, 10_000, Duration.ofSeconds(30), Duration.ofHours(1));

  public FetchLimits {
    if (maxBytes < 1) {
      throw new IllegalArgumentException("maxBytes: " + maxBytes + " (expected: >= 1)");
    }
  }

  /** The same with a limit that may be lower. */
  FetchLimits atMost(long bytes) {
    return new FetchLimits(Math.min(maxBytes, bytes), maxEntries, stall, total);
  }
}
