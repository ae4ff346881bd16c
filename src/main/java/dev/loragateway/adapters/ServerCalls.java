package dev.loragateway.adapters;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.loragateway.adapters.CallResult.Done;
import dev.loragateway.adapters.CallResult.Failed;
import dev.loragateway.adapters.CallResult.Refused;
import dev.loragateway.model.Endpoint;
import dev.loragateway.model.UpstreamTls;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Speaks vLLM's and SGLang's API for adapters, and that of AIBrix's runtime where one runs beside
 * the engine. Blocks; thread-safe.
 */
public final class ServerCalls implements ModelServers, SleepCalls, AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MOST_ANSWER = 64 << 10;
  private static final int LONGEST_REASON = 300;
  private static final Duration CONNECT = Duration.ofSeconds(2);

  /** For the weights to come back from host memory, or to go there. */
  private static final Duration SLEEP = Duration.ofMinutes(1);

  /** Stands for the absence of TLS as a key. */
  private static final Object PLAIN = new Object();

  private final Function<String, String> engines;
  private final Supplier<AdapterSettings.Loading> settings;
  private final Map<Object, HttpClient> clients = new ConcurrentHashMap<>();

  /** What a server answered. */
  private record Answer(int status, String body) {
    boolean well() {
      return status / 100 == 2;
    }

    /** The message of an error in vLLM's present and former shapes, or what there is instead. */
    String message() {
      try {
        JsonNode json = JSON.readTree(body);
        JsonNode error = json.path("error");
        for (JsonNode candidate :
            new JsonNode[] {error.path("message"), error, json.path("message")}) {
          if (candidate.isTextual()) {
            return candidate.asText();
          }
        }
      } catch (JsonProcessingException e) {
        return body;
      }
      return body;
    }

    String reason() {
      String text = message().replaceAll("\\p{Cntrl}+", " ").strip();
      return status + " " + text.substring(0, Math.min(text.length(), LONGEST_REASON));
    }

    boolean says(String words) {
      return message().toLowerCase(Locale.ROOT).contains(words);
    }
  }

  /**
   * Makes calls.
   *
   * @param engines the engine of each pool: {@code vllm} or {@code sglang}
   */
  public ServerCalls(Function<String, String> engines, Supplier<AdapterSettings.Loading> settings) {
    this.engines = engines;
    this.settings = settings;
  }

  @Override
  public CallResult load(Endpoint at, String name, AdapterSource source)
      throws InterruptedException {
    String path = source.path();
    if (settings.get().runtimePort() > 0) {
      return loaded(at, runtime(at, "load"), runtimeLoad(name, source), true);
    }
    if (path == null) {
      return new Refused(
          "%s has to be fetched by a runtime beside the engine (adapters.loading.runtimePort is not"
                  .formatted(source)
              + " set)");
    }
    ObjectNode body = JSON.createObjectNode().put("lora_name", name).put("lora_path", path);
    return loaded(at, at.url(enginePath(at, "load")), body, false);
  }

  /** A runtime knows for each failure whether another try may help; engines do not. */
  private CallResult loaded(Endpoint at, String url, ObjectNode body, boolean runtime)
      throws InterruptedException {
    return call(
        at,
        url,
        body,
        answer -> {
          if (answer.well() || (answer.says("already") && answer.says("loaded"))) {
            return new Done();
          }
          boolean refused =
              runtime
                  ? answer.status() / 100 == 4 && answer.status() != 429 && !answer.says("unloaded")
                  : answer.status() == 400 || answer.status() == 422;
          boolean lasting = refused || answer.says("max_lora_rank");
          return lasting ? new Refused(answer.reason()) : new Failed(answer.reason(), true);
        });
  }

  @Override
  public String engine(Endpoint at) {
    return engines.apply(at.pool());
  }

  @Override
  public CallResult verify(Endpoint at, String name) throws InterruptedException {
    ObjectNode body =
        JSON.createObjectNode().put("model", name).put("prompt", "1").put("max_tokens", 1);
    return call(
        at,
        at.url("/v1/completions"),
        body,
        answer -> {
          boolean unknown = answer.status() == 404 && answer.says(name.toLowerCase(Locale.ROOT));
          boolean busy = answer.status() == 429 || answer.status() >= 500;
          return unknown || busy ? new Failed(answer.reason(), true) : new Done();
        });
  }

  @Override
  public CallResult unload(Endpoint at, String name) throws InterruptedException {
    boolean runtime = settings.get().runtimePort() > 0;
    ObjectNode body = JSON.createObjectNode().put("lora_name", name);
    if (runtime) {
      body.put("cleanup_local", true);
    }
    return call(
        at,
        runtime ? runtime(at, "unload") : at.url(enginePath(at, "unload")),
        body,
        answer ->
            answer.well() || answer.status() == 404 || answer.says("not loaded")
                ? new Done()
                : new Failed(answer.reason(), true));
  }

  @Override
  public CallResult sleep(Endpoint at) throws InterruptedException {
    return call(
        at,
        at.url("/sleep?level=1&mode=keep"),
        JSON.createObjectNode(),
        SLEEP,
        answer -> {
          if (answer.well()) {
            return new Done();
          }
          boolean unknown = answer.status() == 404 || answer.status() == 405;
          return unknown ? new Refused(answer.reason()) : new Failed(answer.reason(), true);
        });
  }

  @Override
  public CallResult wake(Endpoint at) throws InterruptedException {
    return call(
        at,
        at.url("/wake_up"),
        JSON.createObjectNode(),
        SLEEP,
        answer -> answer.well() ? new Done() : new Failed(answer.reason(), true));
  }

  private static ObjectNode runtimeLoad(String name, AdapterSource source) {
    ObjectNode body = JSON.createObjectNode().put("lora_name", name);
    body.put("artifact_url", source.url());
    if (!source.credentials().isEmpty()) {
      ObjectNode credentials = body.putObject("credentials");
      source.credentials().forEach(credentials::put);
    }
    if (source.sha256() != null) {
      body.putObject("additional_config").put("sha256", source.sha256());
    }
    return body;
  }

  private String runtime(Endpoint at, String what) {
    String host = Endpoint.address(at.host(), settings.get().runtimePort());
    return "http://" + host + "/v1/lora_adapter/" + what;
  }

  private String enginePath(Endpoint at, String what) {
    String prefix = engine(at).equals("sglang") ? "/" : "/v1/";
    return prefix + what + "_lora_adapter";
  }

  private CallResult call(
      Endpoint at, String url, ObjectNode body, Function<Answer, CallResult> meaning)
      throws InterruptedException {
    return call(at, url, body, settings.get().timeout(), meaning);
  }

  private CallResult call(
      Endpoint at,
      String url,
      ObjectNode body,
      Duration timeout,
      Function<Answer, CallResult> meaning)
      throws InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body.toString(), StandardCharsets.UTF_8));
    if (at.apiKey() != null) {
      request.header("Authorization", "Bearer " + at.apiKey());
    }
    CompletableFuture<HttpResponse<byte[]>> answer =
        client(at.access().tls())
            .sendAsync(
                request.build(), BodyHandlers.limiting(BodyHandlers.ofByteArray(), MOST_ANSWER));
    try {
      HttpResponse<byte[]> got = answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      return meaning.apply(
          new Answer(got.statusCode(), new String(got.body(), StandardCharsets.UTF_8)));
    } catch (TimeoutException e) {
      return new Failed("no answer within " + timeout.toMillis() + " ms", false);
    } catch (ExecutionException e) {
      return new Failed(reason(e), false);
    } finally {
      answer.cancel(true);
    }
  }

  private static String reason(Throwable failed) {
    Throwable cause = failed;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String name = cause.getClass().getSimpleName();
    return cause.getMessage() == null ? name : name + ": " + cause.getMessage();
  }

  private HttpClient client(@Nullable UpstreamTls tls) {
    return clients.computeIfAbsent(tls == null ? PLAIN : tls, key -> make(tls));
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
    clients.values().forEach(HttpClient::shutdownNow);
  }
}
