package dev.loragateway.adapters;

import dev.loragateway.model.UpstreamTls;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpClient.Version;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP client for each way in which endpoints speak TLS. When certificates are new, those are
 * given up that no endpoint uses any more; calls under way over them go on. Thread-safe.
 */
final class EngineClients implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(2);

  private final Supplier<Set<UpstreamTls>> used;
  private final HttpClient plain = make(null);
  private final Map<UpstreamTls, HttpClient> encrypted = new ConcurrentHashMap<>();

  /**
   * Makes clients as they are asked for.
   *
   * @param used how the endpoints that there are speak TLS
   */
  EngineClients(Supplier<Set<UpstreamTls>> used) {
    this.used = used;
  }

  /** The client for an endpoint; null = without TLS. */
  HttpClient of(@Nullable UpstreamTls tls) {
    if (tls == null) {
      return plain;
    }
    HttpClient known = encrypted.get(tls);
    return known == null ? made(tls) : known;
  }

  private HttpClient made(UpstreamTls tls) {
    Set<UpstreamTls> kept = used.get();
    encrypted.forEach(
        (before, client) -> {
          if (!kept.contains(before) && encrypted.remove(before, client)) {
            client.shutdown();
          }
        });
    return encrypted.computeIfAbsent(tls, EngineClients::make);
  }

  private static HttpClient make(@Nullable UpstreamTls tls) {
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(Version.HTTP_1_1)
            .followRedirects(Redirect.NEVER)
            .proxy(HttpClient.Builder.NO_PROXY)
            .connectTimeout(CONNECT);
    return tls == null ? builder.build() : builder.sslContext(tls.context()).build();
  }

  @Override
  public void close() {
    plain.shutdownNow();
    encrypted.values().forEach(HttpClient::shutdownNow);
  }
}
