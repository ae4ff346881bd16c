package dev.loragateway.config;

import dev.loragateway.access.RedisSettings;
import dev.loragateway.adapters.AdapterSettings;
import dev.loragateway.kubernetes.AnnotationSettings;
import dev.loragateway.kubernetes.KubernetesSource;
import dev.loragateway.model.Endpoint;
import dev.loragateway.model.TlsIdentity;
import dev.loragateway.model.UpstreamAccess;
import dev.loragateway.proxy.ProxySettings;
import dev.loragateway.registry.PoolSettings;
import dev.loragateway.scrape.ScrapeSettings;
import dev.loragateway.upstream.UpstreamSettings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A whole, valid configuration. Immutable.
 *
 * @param listen where clients connect
 * @param admin the operators' side
 * @param pools the pools, in the order of the file
 * @param upstream connections to the model servers
 * @param proxy limits and timeouts of requests
 * @param drain how the gateway stops
 * @param annotations what is done with pods' annotations
 * @param tls what clients' connections are encrypted with; null = they are not
 * @param redis through which limits are shared; null = they are not
 * @param adapters which adapters there should be
 * @param accessLog where requests are logged; null = nowhere
 */
public record GatewayConfig(
    InetSocketAddress listen,
    Admin admin,
    List<Pool> pools,
    UpstreamSettings upstream,
    ProxySettings proxy,
    Drain drain,
    AnnotationSettings annotations,
    @Nullable Tls tls,
    @Nullable RedisSettings redis,
    AdapterSettings adapters,
    @Nullable AccessLogSettings accessLog) {

  /** Where clients connect unless the file says otherwise. */
  public static final InetSocketAddress DEFAULT_LISTEN = loopback(8080);

  /** Where operators connect unless the file says otherwise. */
  public static final InetSocketAddress DEFAULT_ADMIN_LISTEN = loopback(9090);

  public GatewayConfig {
    pools = List.copyOf(pools);
  }

  private static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
  }

  /** How many endpoints the file names. */
  public int endpointCount() {
    return pools.stream().mapToInt(pool -> pool.endpoints().size()).sum();
  }

  /** What of {@code next} cannot be applied while this configuration runs, as sentences. */
  public List<String> needsRestart(GatewayConfig next) {
    List<String> sentences = new ArrayList<>();
    if (!next.listen.equals(listen)) {
      sentences.add("listen needs a restart to take effect");
    }
    if (!next.admin.listen().equals(admin.listen())) {
      sentences.add("admin.listen needs a restart to take effect");
    }
    return sentences;
  }

  /**
   * The operators' side. Immutable; {@link #toString} hides the token.
   *
   * @param listen where operators connect
   * @param token what they have to send to see {@code /api/*}; null = nothing, so that only this
   *     machine sees it
   */
  public record Admin(InetSocketAddress listen, @Nullable String token) {
    @Override
    public String toString() {
      return "Admin[listen=%s, token=%s]".formatted(listen, token == null ? "none" : "***");
    }
  }

  /**
   * One pool. Immutable.
   *
   * @param settings how it is served
   * @param endpoints those that the file names
   * @param sources where more are found
   * @param access how those are reached
   * @param scrape how the endpoints are asked
   */
  public record Pool(
      PoolSettings settings,
      List<Endpoint> endpoints,
      List<KubernetesSource> sources,
      UpstreamAccess access,
      ScrapeSettings scrape) {
    public Pool {
      endpoints = List.copyOf(endpoints);
      sources = List.copyOf(sources);
    }

    /** A pool of which all endpoints are named. */
    public Pool(PoolSettings settings, List<Endpoint> endpoints, ScrapeSettings scrape) {
      this(settings, endpoints, List.of(), UpstreamAccess.PLAIN, scrape);
    }
  }

  /**
   * What clients' connections are encrypted with. Immutable.
   *
   * @param own the gateway's certificate and key
   * @param clientCa the authorities of clients' certificates; empty = clients need none
   * @param clientOptional whether a client without a certificate is accepted all the same
   */
  public record Tls(TlsIdentity own, List<X509Certificate> clientCa, boolean clientOptional) {
    public Tls {
      clientCa = List.copyOf(clientCa);
    }
  }

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
