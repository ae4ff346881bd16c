package dev.loragateway.model;

import org.jspecify.annotations.Nullable;

/**
 * One model-server replica of a pool. Immutable.
 *
 * @param pool name of the pool it serves
 * @param address {@code host:port}, unique over all pools, as shown in {@code x-gateway-endpoint}
 * @param host host name or literal address to connect to
 * @param port TCP port, 1 to 65535
 * @param access how to reach it: TLS and credential
 * @param origin where it was discovered
 */
public record Endpoint(
    String pool, String address, String host, int port, UpstreamAccess access, Origin origin) {

  /** An endpoint that the configuration names. */
  public Endpoint(String pool, String address, String host, int port, UpstreamAccess access) {
    this(pool, address, host, port, access, Origin.STATIC);
  }

  /** An endpoint that is reached in plain text without a credential. */
  public static Endpoint plain(String pool, String host, int port) {
    return new Endpoint(pool, address(host, port), host, port, UpstreamAccess.PLAIN);
  }

  /** {@code host:port}, with brackets around a literal IPv6 address. */
  public static String address(String host, int port) {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }

  /** The URL of a path on this endpoint; {@code path} begins with a slash. */
  public String url(String path) {
    return (access.tls() == null ? "http://" : "https://") + address + path;
  }

  /** The credential to send, or null to pass the client's own. */
  public @Nullable String apiKey() {
    return access.apiKey();
  }
}
