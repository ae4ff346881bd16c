package dev.loragateway.upstream;

import java.time.Duration;
import java.util.Map;

/**
 * How connections to the model servers are made and kept. Immutable.
 *
 * @param connect how long making one may take
 * @param pools the same for pools that differ, by name
 * @param keepAlive an idle connection is closed after this; below the 5 s at which vLLM closes its
 *     side
 */
public record UpstreamSettings(Connect connect, Map<String, Connect> pools, Duration keepAlive) {
  public static final UpstreamSettings DEFAULTS =
      new UpstreamSettings(Connect.DEFAULTS, Map.of(), Duration.ofSeconds(4));

  public UpstreamSettings {
    pools = Map.copyOf(pools);
  }

  /** How long making a connection to an endpoint of the pool may take. */
  Connect connect(String pool) {
    return pools.getOrDefault(pool, connect);
  }

  /**
   * How long making a connection may take.
   *
   * @param tcp until it is connected
   * @param tls then, until TLS is agreed on
   */
  public record Connect(Duration tcp, Duration tls) {
    public static final Connect DEFAULTS =
        new Connect(Duration.ofSeconds(1), Duration.ofSeconds(5));
  }
}
