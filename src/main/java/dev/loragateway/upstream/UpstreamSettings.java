package dev.loragateway.upstream;

import java.time.Duration;

/**
 * How connections to the model servers are made and kept. Immutable.
 *
 * @param connectTimeout longest time for TCP and TLS together
 * @param keepAlive an idle connection is closed after this; below the 5 s at which vLLM closes its
 *     side
 */
public record UpstreamSettings(Duration connectTimeout, Duration keepAlive) {
  public static final UpstreamSettings DEFAULTS =
      new UpstreamSettings(Duration.ofSeconds(1), Duration.ofSeconds(4));
}
