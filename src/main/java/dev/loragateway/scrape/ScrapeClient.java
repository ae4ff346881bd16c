package dev.loragateway.scrape;

import dev.loragateway.model.Endpoint;
import dev.loragateway.model.UpstreamAccess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Asks model servers over HTTP/1.1, each answer bounded in time and size; directly, as requests go
 * to them, whatever proxy or redirect there may be. There is one JDK client, and so one platform
 * thread, for each set of certificate authorities; all else runs on virtual threads. Thread-safe.
 */
final class ScrapeClient implements AutoCloseable {
  private static final String KEEP_ALIVE = "jdk.httpclient.keepalive.timeout";
  private static final int LONGEST_REASON = 200;

  static {
    // vLLM closes a connection that was idle for 5 s. Giving it up earlier, not at the JDK's 30 s,
    // keeps a probe from meeting a close that is under way. `Connection: close` would cost a
    // connection, and with TLS a handshake, for each scrape. The property holds for all JDK
    // clients of the process, and is read when the first of them is used.
    if (System.getProperty(KEEP_ALIVE) == null) {
      System.setProperty(KEEP_ALIVE, "4");
    }
  }

  private final ExecutorService executor =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("scrape-http-", 0).factory());
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Authorities, HttpClient> clients = new HashMap<>();

  /** Whom to trust: the certificate authorities of a PEM file, or the platform's. */
  private record Authorities(@Nullable Path pem) {}

  /**
   * Asks for a path and waits for the whole answer.
   *
   * @param timeout bounds the whole exchange, name resolution and body included
   * @param maxBytes largest body that is read
   */
  Answer get(Endpoint endpoint, String path, Duration timeout, int maxBytes)
      throws InterruptedException {
    CompletableFuture<HttpResponse<Answer.Page>> exchange;
    try {
      exchange = send(endpoint, path, maxBytes);
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      return failed(e);
    }
    try {
      HttpResponse<Answer.Page> response = exchange.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
      int status = response.statusCode();
      return status >= 200 && status < 300
          ? response.body()
          : new Answer.Failed("status " + status + " (expected: 200)", false);
    } catch (TimeoutException e) {
      return new Answer.Failed("no complete answer within " + timeout.toMillis() + " ms", true);
    } catch (ExecutionException e) {
      return failed(e.getCause() == null ? e : e.getCause());
    } finally {
      exchange.cancel(true);
    }
  }

  private CompletableFuture<HttpResponse<Answer.Page>> send(
      Endpoint endpoint, String path, int maxBytes) throws IOException, GeneralSecurityException {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(endpoint.url(path)));
    String apiKey = endpoint.apiKey();
    if (apiKey != null) {
      request.header("Authorization", "Bearer " + apiKey);
    }
    return client(endpoint.access())
        .sendAsync(
            request.build(),
            head ->
                new BoundedBody(
                    head.headers().firstValueAsLong("content-length").orElse(-1), maxBytes));
  }

  private HttpClient client(UpstreamAccess access) throws IOException, GeneralSecurityException {
    Authorities authorities = new Authorities(access.tls() ? access.ca() : null);
    lock.lock();
    try {
      HttpClient known = clients.get(authorities);
      if (known != null) {
        return known;
      }
      HttpClient client = newClient(authorities.pem());
      clients.put(authorities, client);
      return client;
    } finally {
      lock.unlock();
    }
  }

  private HttpClient newClient(@Nullable Path pem) throws IOException, GeneralSecurityException {
    HttpClient.Builder client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .proxy(HttpClient.Builder.NO_PROXY)
            .executor(executor);
    if (pem != null) {
      client.sslContext(TrustedAuthorities.sslContext(pem));
    }
    return client.build();
  }

  private static Answer.Failed failed(Throwable failure) {
    String reason = failure.toString().replaceAll("\\p{Cntrl}", " ");
    return new Answer.Failed(reason.substring(0, Math.min(reason.length(), LONGEST_REASON)), false);
  }

  /** Gives up what is under way and ends all threads. */
  @Override
  public void close() {
    lock.lock();
    try {
      clients.values().forEach(HttpClient::shutdownNow);
      clients.values().forEach(HttpClient::close);
      clients.clear();
    } finally {
      lock.unlock();
    }
    executor.close();
  }
}
