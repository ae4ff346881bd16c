package dev.loragateway.bench.live;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.loragateway.bench.live.Load.Arrival;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Sends requests to the gateway and reads the streamed answers to the end. Thread-safe. */
final class Client implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String DATA = "data: ";
  private static final String DONE = "data: [DONE]";

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI gateway;
  private final int tokens;

  Client(int port, int tokens) {
    this.gateway = URI.create("http://127.0.0.1:" + port + "/v1/chat/completions");
    this.tokens = tokens;
  }

  /** What the prompt of each measured request contains, so that servers can tell it. */
  static String mark(boolean measured) {
    return measured ? "measured " : "warm-up ";
  }

  /**
   * Blocks until the answer has ended.
   *
   * @param due when it should have been sent, as {@link System#nanoTime()}
   */
  Answer send(Arrival arrival, long due) throws InterruptedException {
    try {
      HttpResponse<InputStream> response =
          http.send(request(arrival), BodyHandlers.ofInputStream());
      try (BufferedReader lines =
          new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
        return read(response, lines, due);
      }
    } catch (IOException e) {
      return Answer.failed(e.toString());
    }
  }

  private HttpRequest request(Arrival arrival) {
    String body =
        """
        {"model":"%s","stream":true,"stream_options":{"include_usage":true},"max_tokens":%d,\
        "messages":[{"role":"user","content":"%s%d"}]}\
        """
            .formatted(
                Load.adapter(arrival.adapter()), tokens, mark(arrival.measured()), arrival.nanos());
    return HttpRequest.newBuilder(gateway)
        .header("content-type", "application/json")
        .timeout(PATIENCE)
        .POST(BodyPublishers.ofString(body))
        .build();
  }

  private Answer read(HttpResponse<InputStream> response, BufferedReader lines, long due)
      throws IOException {
    double firstToken = Double.NaN;
    long completed = 0;
    boolean done = false;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.equals(DONE)) {
        done = true;
      } else if (line.startsWith(DATA)) {
        firstToken = Double.isNaN(firstToken) ? (System.nanoTime() - due) / 1e6 : firstToken;
        completed = Math.max(completed, completed(line));
      }
    }
    boolean whole = response.statusCode() == 200 && done && completed == tokens;
    return new Answer(
        firstToken,
        header(response, "x-gateway-queue-ms", 0),
        (int) header(response, "x-gateway-attempts", 1),
        whole
            ? null
            : "status %d, %d of %d tokens%s"
                .formatted(response.statusCode(), completed, tokens, done ? "" : ", no end"));
  }

  private static long completed(String line) throws IOException {
    if (!line.contains("\"completion_tokens\"")) {
      return 0;
    }
    JsonNode event = JSON.readTree(line.substring(DATA.length()));
    return event.path("usage").path("completion_tokens").asLong();
  }

  private static long header(HttpResponse<?> response, String name, long otherwise) {
    return response.headers().firstValueAsLong(name).orElse(otherwise);
  }

  @Override
  public void close() {
    http.close();
  }
}
