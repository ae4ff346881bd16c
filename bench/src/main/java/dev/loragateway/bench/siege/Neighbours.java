package dev.loragateway.bench.siege;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * A well-behaved client beside the others: one short request after the other on one connection, at
 * a steady pace. Confined to one thread.
 */
final class Neighbours implements AutoCloseable {
  private static final long PACE_MILLIS = 5;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /**
   * What they felt.
   *
   * @param requests that were sent
   * @param failed those that were not answered with 200
   * @param p50Micros median of the times until the whole answer
   * @param p99Micros 99th percentile
   */
  record Felt(int requests, int failed, double p50Micros, double p99Micros) {}

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final HttpRequest request;

  Neighbours(int port) {
    request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"))
            .timeout(PATIENCE)
            .header("Content-Type", "application/json")
            .POST(
                BodyPublishers.ofString(
                    "{\"model\":\"other\",\"max_tokens\":4,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"))
            .build();
  }

  /** Sends for so long. */
  Felt send(Duration time) throws InterruptedException {
    int count = Math.toIntExact(time.toMillis() / PACE_MILLIS);
    double[] micros = new double[count];
    int failed = 0;
    for (int i = 0; i < count; i++) {
      long began = System.nanoTime();
      try {
        failed += http.send(request, BodyHandlers.ofString()).statusCode() == 200 ? 0 : 1;
      } catch (IOException e) {
        failed++;
      }
      long took = System.nanoTime() - began;
      micros[i] = took / 1e3;
      TimeUnit.NANOSECONDS.sleep(PACE_MILLIS * 1_000_000 - took);
    }
    Arrays.sort(micros);
    return new Felt(count, failed, micros[count / 2], micros[count * 99 / 100]);
  }

  @Override
  public void close() {
    http.close();
  }
}
