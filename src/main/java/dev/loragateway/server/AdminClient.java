package dev.loragateway.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Calls a running gateway's admin port. Blocks. Thread-safe. */
final class AdminClient implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration ANSWER = Duration.ofSeconds(30);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final URI base;
  private final @Nullable String token;
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .proxy(HttpClient.Builder.NO_PROXY)
          .connectTimeout(CONNECT)
          .build();

  /**
   * A client of one gateway.
   *
   * @param base scheme, host and port
   * @param token sent with each call; null = none
   */
  AdminClient(URI base, @Nullable String token) {
    this.base = base;
    this.token = token;
  }

  /**
   * An answer. Immutable.
   *
   * @param json missing when it has no body, or one that is no JSON
   * @param text the body as it came
   */
  record Answer(int status, JsonNode json, String text) {
    boolean well() {
      return status < 300;
    }

    /** What the gateway says of an error, for people. */
    String error() {
      String message = json.path("error").path("message").asText("");
      return message.isEmpty() ? "the answer was " + status + " " + text.strip() : message;
    }
  }

  /** What is known of one adapter. */
  Answer adapter(String name) throws IOException, InterruptedException {
    return call("GET", "/api/adapters/" + encoded(name), null);
  }

  /** What is known of all of them. */
  Answer adapters() throws IOException, InterruptedException {
    return call("GET", "/api/adapters", null);
  }

  Answer add(JsonNode adapter) throws IOException, InterruptedException {
    return call("POST", "/api/adapters", adapter.toString());
  }

  Answer remove(String name) throws IOException, InterruptedException {
    return call("DELETE", "/api/adapters/" + encoded(name), null);
  }

  /** Where a request would go; the session is empty for none. */
  Answer explain(String model, String session) throws IOException, InterruptedException {
    ObjectNode body = JSON.createObjectNode().put("model", model);
    if (!session.isEmpty()) {
      body.put("session", session);
    }
    return call("POST", "/api/explain", body.toString());
  }

  private static String encoded(String name) {
    return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20").replace("%2F", "/");
  }

  /**
   * Makes a call.
   *
   * @throws IOException if there is no answer; the message says so to people
   */
  private Answer call(String method, String path, @Nullable String body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(base.resolve(path))
            .timeout(ANSWER)
            .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    if (body != null) {
      request.header("Content-Type", "application/json");
    }
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    try {
      HttpResponse<String> answer = client.send(request.build(), BodyHandlers.ofString());
      return new Answer(answer.statusCode(), json(answer.body()), answer.body());
    } catch (IOException e) {
      throw new IOException(
          "no gateway answers at %s (%s); is it running, and is --admin its admin port?"
              .formatted(base, reason(e)),
          e);
    }
  }

  private static JsonNode json(String body) {
    try {
      return JSON.readTree(body);
    } catch (JsonProcessingException e) {
      return MissingNode.getInstance();
    }
  }

  private static String reason(IOException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause.getMessage() != null) {
        return cause.getMessage();
      }
    }
    return e instanceof java.net.ConnectException
        ? "connection refused"
        : e.getClass().getSimpleName();
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
