package dev.loragateway.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.loragateway.adapters.EngineKind;
import dev.loragateway.sim.SimSettings;
import dev.loragateway.sim.SimulatedServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A sidecar and a simulated engine, on a volume of their own. Confined to one test. */
final class RuntimeExtension implements BeforeEachCallback, AfterEachCallback {
  static final Duration SOON = Duration.ofSeconds(30);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What a test changes; null = as it comes. */
  static final class Options {
    EngineKind engine = EngineKind.VLLM;
    URI engineUrl;
    String listen = "127.0.0.1";
    boolean open;
    Path apiKey;
    Path engineKey;
    Path credentials;
    long maxBytes = 64 << 20;
    long maxTotal = Long.MAX_VALUE;
    Duration stall = Duration.ofSeconds(20);
    Staging.Opener opener = Staging.NEW_FILE;
    InstantSource clock = InstantSource.system();
    final Map<String, String> environment = new HashMap<>();
  }

  /** An answer of the sidecar. */
  record Answer(int status, JsonNode json) {
    String type() {
      return json.path("error").path("type").asText();
    }

    String message() {
      return json.path("error").path("message").asText();
    }
  }

  final Options options = new Options();
  private HttpClient client;
  private Path directory;
  private SimulatedServer sim;
  private RuntimeServer runtime;

  @Override
  public void beforeEach(ExtensionContext context) throws IOException {
    directory = Files.createTempDirectory("runtime").toRealPath();
    Files.createDirectories(directory.resolve("files"));
    sim = SimulatedServer.start(SimSettings.of("base").withTimeScale(0));
    client = HttpClient.newHttpClient();
    options.engineUrl = URI.create("http://" + sim.address());
  }

  @Override
  public void afterEach(ExtensionContext context) throws IOException {
    if (runtime != null) {
      runtime.close();
    }
    sim.close();
    client.shutdownNow();
    Trees.delete(directory);
  }

  SimulatedServer sim() {
    return sim;
  }

  /** Where {@code file://} may read. */
  Path files() {
    return directory.resolve("files");
  }

  Path volume() {
    return directory.resolve("volume");
  }

  /** The files of an artifact. */
  Path artifact(String sha256) {
    return volume().resolve("artifacts").resolve(sha256);
  }

  RuntimeSettings settings() {
    return new RuntimeSettings(
        new InetSocketAddress(InetAddress.ofLiteral(options.listen), 0),
        options.open,
        options.apiKey,
        options.engine,
        options.engineUrl,
        options.engineKey,
        volume(),
        volume().toString(),
        options.maxTotal,
        new FetchLimits(options.maxBytes, 1000, options.stall, Duration.ofMinutes(5)),
        List.of(files()),
        options.credentials,
        options.environment);
  }

  void start() throws IOException {
    runtime = RuntimeServer.start(settings(), options.clock, options.opener);
  }

  void restart() throws IOException {
    runtime.close();
    start();
  }

  /** A body of a load. */
  static ObjectNode loading(String name, String url) {
    return JSON.createObjectNode().put("lora_name", name).put("artifact_url", url);
  }

  Answer load(String name, String url) {
    return post("/v1/lora_adapter/load", loading(name, url));
  }

  Answer load(ObjectNode body) {
    return post("/v1/lora_adapter/load", body);
  }

  CompletableFuture<Answer> loadLater(String name, String url) {
    return client
        .sendAsync(
            request("/v1/lora_adapter/load")
                .POST(BodyPublishers.ofString(loading(name, url).toString()))
                .build(),
            BodyHandlers.ofString())
        .thenApply(RuntimeExtension::answer);
  }

  Answer unload(String name) {
    ObjectNode body = JSON.createObjectNode().put("lora_name", name).put("cleanup_local", true);
    return post("/v1/lora_adapter/unload", body);
  }

  Answer post(String path, JsonNode body) {
    return send(request(path).POST(BodyPublishers.ofString(body.toString(), UTF_8)));
  }

  Answer get(String path) {
    return send(request(path));
  }

  JsonNode state() {
    return get("/api/state").json();
  }

  /** The artifacts that the state shows in a condition. */
  List<JsonNode> artifacts(String state) {
    List<JsonNode> found = new ArrayList<>();
    state()
        .path("artifacts")
        .forEach(
            artifact -> {
              if (artifact.path("state").asText().equals(state)) {
                found.add(artifact);
              }
            });
    return found;
  }

  /** The paths of the engine's adapters by their names. */
  Map<String, String> loaded() {
    Map<String, String> paths = new HashMap<>();
    for (JsonNode model : get("/v1/models").json().path("data")) {
      if (!model.path("parent").isNull()) {
        paths.put(model.path("id").asText(), model.path("root").asText());
      }
    }
    return paths;
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + runtime.address().getPort() + path))
        .timeout(SOON);
  }

  Answer send(HttpRequest.Builder request) {
    try {
      return answer(client.send(request.build(), BodyHandlers.ofString()));
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private static Answer answer(HttpResponse<String> response) {
    try {
      return new Answer(response.statusCode(), JSON.readTree(response.body()));
    } catch (IOException e) {
      throw new AssertionError(response.body(), e);
    }
  }

  /** All files on the volume, but for the lock and the index. */
  List<Path> filesOnVolume() throws IOException {
    try (var files = Files.walk(volume())) {
      return files
          .filter(Files::isRegularFile)
          .map(volume()::relativize)
          .filter(file -> file.getNameCount() > 1)
          .toList();
    }
  }
}
