package dev.loragateway.access;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.loragateway.access.JwtSettings.KeySource;
import dev.loragateway.model.TlsContexts;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Fetches an issuer's keys, with a client for each time: that is seldom. Immutable.
 *
 * @param timeout for the whole answer
 */
record KeySetFetch(KeySource.Url source, Duration timeout) implements FetchedKeys.Fetch {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final long MAX_BYTES = 256 << 10;
  private static final int OK = 200;

  KeySetFetch(KeySource.Url source) {
    this(source, TIMEOUT);
  }

  @Override
  public KeySet fetch() throws IOException, InterruptedException {
    try (HttpClient client = client()) {
      try {
        return keys(answer(client));
      } finally {
        client.shutdownNow();
      }
    }
  }

  private HttpClient client() throws IOException {
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(Version.HTTP_1_1)
            .followRedirects(Redirect.NEVER)
            .connectTimeout(timeout);
    try {
      if (!source.ca().isEmpty()) {
        builder.sslContext(TlsContexts.of(null, source.ca()));
      }
      return builder.build();
    } catch (GeneralSecurityException e) {
      throw new IOException("TLS cannot be used: " + e.getMessage(), e);
    }
  }

  private HttpResponse<byte[]> answer(HttpClient client) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(source.url()).header("Accept", "application/json").build();
    CompletableFuture<HttpResponse<byte[]>> answer =
        client.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_BYTES));
    try {
      return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new IOException("no whole answer came within " + timeout.toMillis() + " ms", e);
    } catch (ExecutionException e) {
      throw new IOException(reason(e), e);
    } finally {
      answer.cancel(true);
    }
  }

  private static String reason(Throwable failed) {
    Throwable cause = failed;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }

  private static KeySet keys(HttpResponse<byte[]> answer) throws IOException {
    if (answer.statusCode() != OK) {
      throw new IOException("the answer is " + answer.statusCode());
    }
    KeySet keys = KeySet.parse(new String(answer.body(), UTF_8));
    if (keys == null) {
      throw new IOException("the answer is no JWK set with public RSA or EC keys");
    }
    return keys;
  }

  /** The query may have a secret in it. */
  @Override
  public String toString() {
    String url = source.url().toString();
    int query = url.indexOf('?');
    return query < 0 ? url : url.substring(0, query);
  }
}
