package dev.loragateway.config;

import dev.loragateway.model.Endpoint;
import dev.loragateway.proxy.ProxySettings;
import dev.loragateway.registry.PoolSettings;
import dev.loragateway.scrape.ScrapeSettings;
import dev.loragateway.upstream.UpstreamSettings;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/**
 * A whole, valid configuration. Immutable.
 *
 * @param listen where clients connect
 * @param adminListen where operators connect
 * @param pools the pools, in the order of the file
 * @param upstream connections to the model servers
 * @param proxy limits and timeouts of requests
 * @param drain how the gateway stops
 */
public record GatewayConfig(
    InetSocketAddress listen,
    InetSocketAddress adminListen,
    List<Pool> pools,
    UpstreamSettings upstream,
    ProxySettings proxy,
    Drain drain) {

  /** One pool with its static endpoints. */
  public record Pool(PoolSettings settings, List<Endpoint> endpoints, ScrapeSettings scrape) {}

  /**
   * How the gateway stops.
   *
   * @param delay not ready but still accepting, so that balancers take notice
   * @param timeout how long requests in flight may still take after that
   */
  public record Drain(Duration delay, Duration timeout) {
    public static final Drain DEFAULTS = new Drain(Duration.ofSeconds(5), Duration.ofSeconds(60));
  }
}
