package dev.loragateway.runtime;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.loragateway.adapters.EngineAnswer;
import dev.loragateway.adapters.EngineKind;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Speaks to the engine. Blocks. Thread-safe. */
final class EngineClient implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(2);
  private static final Duration HEALTH = Duration.ofSeconds(2);
  private static final Duration LIST = Duration.ofSeconds(10);
  private static final Duration UNLOAD = Duration.ofSeconds(30);

  /** Reading gigabytes from a slow volume takes minutes. */
  private static final Duration LOAD = Duration.ofMinutes(10);

  private static final long MOST_ANSWER = 16 << 20;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(Version.HTTP_1_1)
          .followRedirects(Redirect.NEVER)
          .connectTimeout(CONNECT)
          .build();
  private final EngineKind kind;
  private final String base;
  private final @Nullable Path keyFile;

  EngineClient(EngineKind kind, URI base, @Nullable Path keyFile) {
    this.kind = kind;
    this.base = base.toString().replaceFirst("/+$", "");
    this.keyFile = keyFile;
  }

  /**
   * Has it load an adapter.
   *
   * @param path as the engine sees it
   * @param key null = the sidecar's own, if it has one
   * @return false if it had something of this name already
   * @throws ProblemException if it has not loaded it
   */
  boolean load(String name, String path, @Nullable String key) throws ProblemException {
    EngineAnswer answer = post(kind.loadPath(), named(name).put("lora_path", path), key, LOAD);
    if (answer.well()) {
      return true;
    }
    if (answer.saysLoaded()) {
      return false;
    }
    throw EngineProblems.notLoaded(answer);
  }

  /**
   * Has it forget an adapter; one that it does not know is none.
   *
   * @throws ProblemException if it may still know it
   */
  void unload(String name, @Nullable String key) throws ProblemException {
    EngineAnswer answer = post(kind.unloadPath(), named(name), key, UNLOAD);
    if (!answer.well() && !answer.saysUnknown()) {
      throw EngineProblems.notUnloaded(answer);
    }
  }

  private static ObjectNode named(String name) {
    return JsonNodeFactory.instance.objectNode().put("lora_name", name);
  }

  /** Its list of models, as it is. */
  EngineAnswer models(@Nullable String key) throws ProblemException {
    return send(request("/v1/models", key).GET(), LIST);
  }

  /** The paths from which its models were loaded, by their names; empty where it does not say. */
  Map<String, String> paths(@Nullable String key) throws ProblemException {
    EngineAnswer answer = models(key);
    if (!answer.well()) {
      throw new ProblemException(
          Problem.ENGINE_FAILED, "the engine answers /v1/models with " + answer.status());
    }
    Map<String, String> paths = new HashMap<>();
    try {
      for (JsonNode model : JSON.readTree(answer.body()).path("data")) {
        paths.put(model.path("id").asText(), model.path("root").asText(""));
      }
    } catch (JsonProcessingException e) {
      throw new ProblemException(
          Problem.ENGINE_FAILED, "the engine answers /v1/models with no JSON", e);
    }
    return paths;
  }

  boolean healthy() {
    try {
      return send(request("/health", null).GET(), HEALTH).well();
    } catch (ProblemException e) {
      return false;
    }
  }

  private EngineAnswer post(String path, ObjectNode body, @Nullable String key, Duration timeout)
      throws ProblemException {
    return send(
        request(path, key)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body.toString())),
        timeout);
  }

  private HttpRequest.Builder request(String path, @Nullable String key) throws ProblemException {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + path));
    String sent = key == null ? ownKey() : key;
    try {
      return sent == null ? request : request.header("Authorization", "Bearer " + sent);
    } catch (IllegalArgumentException e) {
      throw new ProblemException(
          Problem.BAD_REQUEST, "additional_config.api-key is none that can be sent", e);
    }
  }

  private @Nullable String ownKey() throws ProblemException {
    try {
      return keyFile == null ? null : KeyFile.read(keyFile);
    } catch (IOException e) {
      throw new ProblemException(Problem.ENGINE_FAILED, "the engine's key: " + e.getMessage(), e);
    }
  }

  /** Tries twice: a connection that was kept may be closed by the engine as it is used. */
  private EngineAnswer send(HttpRequest.Builder request, Duration timeout) throws ProblemException {
    HttpRequest whole = request.build();
    try {
      return sendOnce(whole, timeout);
    } catch (ProblemException e) {
      if (e.problem() == Problem.ENGINE_FAILED && !Thread.currentThread().isInterrupted()) {
        return sendOnce(whole, timeout);
      }
      throw e;
    }
  }

  private EngineAnswer sendOnce(HttpRequest request, Duration timeout) throws ProblemException {
    try {
      return EngineAnswer.of(client, request, timeout, MOST_ANSWER);
    } catch (HttpTimeoutException e) {
      throw late(timeout, e);
    } catch (IOException e) {
      throw new ProblemException(Problem.ENGINE_FAILED, "the engine does not answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ProblemException(Problem.ENGINE_FAILED, "the sidecar is stopping", e);
    }
  }

  private static ProblemException late(Duration timeout, Exception e) {
    return new ProblemException(
        Problem.ENGINE_TIMEOUT,
        "the engine has not answered within " + timeout.toSeconds() + " s",
        e);
  }

  @Override
  public void close() {
    client.shutdownNow();
    client.close();
  }
}
