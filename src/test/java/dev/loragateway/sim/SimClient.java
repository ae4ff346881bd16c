package dev.loragateway.sim;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A client of one simulated server, in the terms of its API. Thread-safe. */
final class SimClient implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final SimulatedServer server;
  private final Queue<CompletableFuture<?>> begun = new ConcurrentLinkedQueue<>();

  SimClient(SimulatedServer server) {
    this.server = server;
  }

  static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new AssertionError(text, e);
    }
  }

  static String chatBody(String model, int tokens, boolean stream) {
    return """
    {"model":"%s","max_tokens":%d,"stream":%s,"stream_options":{"include_usage":true},
     "messages":[{"role":"user","content":"Say something."}]}\
    """
        .formatted(model, tokens, stream);
  }

  HttpResponse<String> get(String path) {
    return send(request(path).build());
  }

  HttpResponse<String> post(String path, String body) {
    return send(posting(path, body));
  }

  CompletableFuture<HttpResponse<String>> postAsync(String path, String body) {
    return http.sendAsync(posting(path, body), HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> chat(String model, int tokens) {
    return post("/v1/chat/completions", chatBody(model, tokens, false));
  }

  CompletableFuture<HttpResponse<String>> chatAsync(String model, int tokens) {
    return postAsync("/v1/chat/completions", chatBody(model, tokens, false));
  }

  /** Sends a request whose answer does not matter. */
  void begin(String model, int tokens) {
    begun.add(chatAsync(model, tokens));
  }

  HttpResponse<String> load(String name, String path, boolean inplace) {
    return post(
        "/v1/load_lora_adapter",
        "{\"lora_name\":\"%s\",\"lora_path\":\"%s\",\"load_inplace\":%s}"
            .formatted(name, path, inplace));
  }

  HttpResponse<String> unload(String name) {
    return post("/v1/unload_lora_adapter", "{\"lora_name\":\"%s\"}".formatted(name));
  }

  List<String> metrics(String prefix) {
    return get("/metrics").body().lines().filter(line -> line.startsWith(prefix)).toList();
  }

  /** The data of the events of a stream. */
  static List<String> events(String body) {
    return body.lines().filter(line -> line.startsWith("data: ")).map(l -> l.substring(6)).toList();
  }

  @Override
  public void close() {
    http.shutdownNow();
    http.close();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://" + server.address() + path));
  }

  private HttpRequest posting(String path, String body) {
    return request(path)
        .header("content-type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  private HttpResponse<String> send(HttpRequest request) {
    try {
      return http.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
