package dev.loragateway.adapters;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.loragateway.adapters.CallResult.Done;
import dev.loragateway.adapters.CallResult.Failed;
import dev.loragateway.adapters.CallResult.Refused;
import dev.loragateway.model.Endpoint;
import dev.loragateway.model.UpstreamTls;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Speaks vLLM's and SGLang's API for adapters, and that of AIBrix's runtime where one runs beside
 * the engine. The engine's key is sent to the engine alone. Blocks; thread-safe.
 */
public final class ServerCalls implements ModelServers, SleepCalls, AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MOST_ANSWER = 64 << 10;

  /** What a runtime answers that is put right elsewhere than in the adapter: keys and sources. */
  private static final Set<Integer> NOT_LASTING = Set.of(401, 403, 404, 408, 421, 429);

  /** For the weights to come back from host memory, or to go there. */
  private static final Duration SLEEP = Duration.ofMinutes(1);

  private final Function<String, String> engines;
  private final Supplier<AdapterSettings.Loading> settings;
  private final EngineClients clients;

  /**
   * Where something is asked.
   *
   * @param who before what went wrong there
   * @param key that is sent; null = none
   * @param fetches whether it may take longer than we wait, and goes on
   */
  private record Target(
      String who, String url, HttpClient client, @Nullable String key, boolean fetches) {
    Failed late(HttpTimeoutException e) {
      return fetches
          ? new Failed(who + e.getMessage() + "; what it fetches it goes on fetching", true)
          : new Failed(who + e.getMessage(), false);
    }

    String reason(EngineAnswer answer) {
      return who + answer.status() + " " + answer.message();
    }
  }

  /**
   * Makes calls.
   *
   * @param engines the engine of each pool: {@code vllm} or {@code sglang}
   * @param tls how the endpoints that there are speak TLS
   */
  public ServerCalls(
      Function<String, String> engines,
      Supplier<AdapterSettings.Loading> settings,
      Supplier<Set<UpstreamTls>> tls) {
    this.engines = engines;
    this.settings = settings;
    clients = new EngineClients(tls);
  }

  @Override
  public CallResult load(Endpoint at, String name, AdapterSource source)
      throws InterruptedException {
    if (hasRuntime()) {
      Target runtime = runtime(at, "load");
      return call(runtime, runtimeLoad(name, source), answer -> loaded(runtime, answer));
    }
    String path = source.path();
    if (path == null) {
      return new Refused(
          "%s has to be fetched by a runtime beside the engine (adapters.loading.runtimePort is not"
                  .formatted(source)
              + " set)");
    }
    Target engine = engine(at, kind(at).loadPath());
    return call(
        engine, named(name).put("lora_path", path), answer -> loadedByEngine(engine, answer));
  }

  private static CallResult loadedByEngine(Target engine, EngineAnswer answer) {
    if (answer.well() || answer.saysLoaded()) {
      return new Done();
    }
    if (answer.saysNoRoute()) {
      return new Failed(EngineAnswer.NO_ROUTE, true);
    }
    boolean lasting =
        answer.status() == 400
            || answer.status() == 422
            || answer.message().contains("max_lora_rank");
    String reason = engine.reason(answer);
    return lasting ? new Refused(reason) : new Failed(reason, true);
  }

  /** A runtime knows for each failure whether another try may help; engines do not. */
  private static CallResult loaded(Target runtime, EngineAnswer answer) {
    if (answer.well() || answer.saysLoaded()) {
      return new Done();
    }
    if (answer.saysNoRoute()) {
      return new Failed(runtime.who() + "it is none (expected: gateway/run runtime)", true);
    }
    boolean lasting =
        answer.status() / 100 == 4
            && !NOT_LASTING.contains(answer.status())
            && !answer.message().contains("was unloaded");
    String reason = runtime.reason(answer);
    return lasting ? new Refused(reason) : new Failed(reason, true);
  }

  @Override
  public String engine(Endpoint at) {
    return engines.apply(at.pool());
  }

  @Override
  public CallResult verify(Endpoint at, String name) throws InterruptedException {
    Target engine = engine(at, "/v1/completions");
    ObjectNode body =
        JSON.createObjectNode().put("model", name).put("prompt", "1").put("max_tokens", 1);
    return call(
        engine,
        body,
        answer -> {
          boolean unknown = answer.status() == 404 && answer.message().contains(name);
          boolean busy = answer.status() == 429 || answer.status() >= 500;
          return unknown || busy ? new Failed(engine.reason(answer), true) : new Done();
        });
  }

  @Override
  public CallResult unload(Endpoint at, String name) throws InterruptedException {
    ObjectNode body = named(name);
    if (hasRuntime()) {
      body.put("cleanup_local", true);
    }
    Target target = hasRuntime() ? runtime(at, "unload") : engine(at, kind(at).unloadPath());
    return call(
        target,
        body,
        answer ->
            answer.well() || answer.saysUnknown()
                ? new Done()
                : new Failed(target.reason(answer), true));
  }

  private static ObjectNode named(String name) {
    return JSON.createObjectNode().put("lora_name", name);
  }

  @Override
  public CallResult sleep(Endpoint at) throws InterruptedException {
    Target engine = engine(at, "/sleep?level=1&mode=keep");
    return call(
        engine,
        JSON.createObjectNode(),
        SLEEP,
        answer -> {
          if (answer.well()) {
            return new Done();
          }
          boolean unknown = answer.status() == 404 || answer.status() == 405;
          return unknown
              ? new Refused(engine.reason(answer))
              : new Failed(engine.reason(answer), true);
        });
  }

  @Override
  public CallResult wake(Endpoint at) throws InterruptedException {
    Target engine = engine(at, "/wake_up");
    return call(
        engine,
        JSON.createObjectNode(),
        SLEEP,
        answer -> answer.well() ? new Done() : new Failed(engine.reason(answer), true));
  }

  private static ObjectNode runtimeLoad(String name, AdapterSource source) {
    ObjectNode body = named(name).put("artifact_url", source.url());
    if (!source.credentials().isEmpty()) {
      ObjectNode credentials = body.putObject("credentials");
      source.credentials().forEach(credentials::put);
    }
    if (source.sha256() != null) {
      body.putObject("additional_config").put("sha256", source.sha256());
    }
    return body;
  }

  private boolean hasRuntime() {
    return settings.get().runtimePort() > 0;
  }

  private Target runtime(Endpoint at, String what) {
    AdapterSettings.Loading loading = settings.get();
    String address = Endpoint.address(at.host(), loading.runtimePort());
    return new Target(
        "the runtime at " + address + ": ",
        "http://" + address + "/v1/lora_adapter/" + what,
        clients.of(null),
        loading.runtimeApiKey(),
        what.equals("load"));
  }

  private Target engine(Endpoint at, String path) {
    return new Target("", at.url(path), clients.of(at.access().tls()), at.apiKey(), false);
  }

  private EngineKind kind(Endpoint at) {
    return engine(at).equals("sglang") ? EngineKind.SGLANG : EngineKind.VLLM;
  }

  private CallResult call(
      Target target, ObjectNode body, Function<EngineAnswer, CallResult> meaning)
      throws InterruptedException {
    return call(target, body, settings.get().timeout(), meaning);
  }

  private CallResult call(
      Target target, ObjectNode body, Duration timeout, Function<EngineAnswer, CallResult> meaning)
      throws InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(target.url()))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body.toString()));
    if (target.key() != null) {
      request.header("Authorization", "Bearer " + target.key());
    }
    try {
      return meaning.apply(EngineAnswer.of(target.client(), request.build(), timeout, MOST_ANSWER));
    } catch (HttpConnectTimeoutException e) {
      return new Failed(target.who() + e.getMessage(), false);
    } catch (HttpTimeoutException e) {
      return target.late(e);
    } catch (IOException e) {
      return new Failed(target.who() + reason(e), false);
    }
  }

  private static String reason(IOException failed) {
    if (failed instanceof ConnectException) {
      return "it cannot be reached";
    }
    Throwable cause = failed;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String name = cause.getClass().getSimpleName();
    return cause.getMessage() == null ? name : name + ": " + cause.getMessage();
  }

  @Override
  public void close() {
    clients.close();
  }
}
