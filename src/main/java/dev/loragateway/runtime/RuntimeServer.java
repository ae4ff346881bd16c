package dev.loragateway.runtime;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.loragateway.adapters.EngineAnswer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sidecar's port, which speaks the API of AIBrix's runtime. A call that loads is answered when
 * the engine has the adapter; it goes on when the caller leaves. Thread-safe.
 */
public final class RuntimeServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RuntimeServer.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MOST_BODY = 1 << 20;

  private interface Page {
    Reply answer(HttpExchange exchange) throws IOException;
  }

  private final Parts parts;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  private RuntimeServer(Parts parts, InetSocketAddress listen) throws IOException {
    this.parts = parts;
    server = create(listen);
    server.setExecutor(threads);
    open("/healthz", exchange -> Reply.status("ok"));
    open("/ready", exchange -> ready());
    guarded("GET", "/v1/models", exchange -> models());
    guarded("GET", "/api/state", exchange -> Reply.ok(parts.state()));
    guarded("POST", "/v1/lora_adapter/load", this::load);
    guarded("POST", "/v1/lora_adapter/unload", this::unload);
    server.createContext("/", exchange -> answer(exchange, "", RuntimeServer::none));
  }

  /**
   * Takes the volume, and listens.
   *
   * @throws IOException if it cannot, or should not; the message says why
   */
  public static RuntimeServer start(RuntimeSettings settings) throws IOException {
    return start(settings, InstantSource.system(), Staging.NEW_FILE);
  }

  static RuntimeServer start(RuntimeSettings settings, InstantSource clock, Staging.Opener opener)
      throws IOException {
    Parts parts = Parts.open(settings, clock, opener);
    try {
      RuntimeServer runtime = new RuntimeServer(parts, settings.listen());
      runtime.server.start();
      return runtime;
    } catch (IOException | RuntimeException e) {
      parts.close();
      throw e;
    }
  }

  private static HttpServer create(InetSocketAddress listen) throws IOException {
    try {
      return HttpServer.create(listen, 0);
    } catch (BindException e) {
      throw new IOException(
          "%s: %s (expected: a free address)".formatted(listen, e.getMessage()), e);
    }
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return server.getAddress();
  }

  private Reply load(HttpExchange exchange) throws IOException {
    return Reply.loaded(parts.loads().load(LoadRequest.parse(body(exchange))));
  }

  private Reply unload(HttpExchange exchange) throws IOException {
    JsonNode json = body(exchange);
    String name = RequestFields.name(json);
    String key = RequestFields.optional(json.path("additional_config"), "api-key");
    parts.loads().unload(name, json.path("cleanup_local").asBoolean(true), key);
    return Reply.unloaded(name);
  }

  private static JsonNode body(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readNBytes(MOST_BODY + 1);
    if (body.length > MOST_BODY) {
      throw new ProblemException(
          Problem.REQUEST_TOO_LARGE, "the body is larger than " + MOST_BODY + " bytes");
    }
    try {
      JsonNode json = JSON.readTree(body);
      if (json != null && json.isObject()) {
        return json;
      }
    } catch (JsonProcessingException e) {
      // what was sent may have secrets in it, so that nothing of it is told
    }
    throw new ProblemException(Problem.BAD_REQUEST, "the body is no JSON object");
  }

  private Reply models() throws ProblemException {
    EngineAnswer answer = parts.engine().models(null);
    return new Reply(answer.status(), answer.body());
  }

  private Reply ready() {
    String reason = parts.notReady();
    return reason == null ? Reply.status("ready") : Reply.error(Problem.NOT_READY, reason);
  }

  private static Reply none(HttpExchange exchange) {
    return Reply.error(Problem.NO_SUCH_PATH, "there is no such path");
  }

  private void open(String path, Page page) {
    server.createContext(path, exchange -> answer(exchange, "GET", exact(path, page)));
  }

  private void guarded(String method, String path, Page page) {
    Page guarded =
        exchange -> {
          parts.access().check(exchange.getRequestHeaders());
          return page.answer(exchange);
        };
    server.createContext(path, exchange -> answer(exchange, method, exact(path, guarded)));
  }

  private static Page exact(String path, Page page) {
    return exchange ->
        exchange.getRequestURI().getPath().equals(path) ? page.answer(exchange) : none(exchange);
  }

  private static void answer(HttpExchange exchange, String method, Page page) throws IOException {
    try (exchange) {
      String asked = exchange.getRequestMethod();
      boolean head = asked.equals("HEAD");
      boolean takes = method.isEmpty() || method.equals(head ? "GET" : asked);
      Reply reply =
          takes
              ? reply(exchange, page)
              : Reply.error(Problem.METHOD_NOT_ALLOWED, "expected: " + method);
      send(exchange, reply, head);
    }
  }

  private static Reply reply(HttpExchange exchange, Page page) {
    try {
      return page.answer(exchange);
    } catch (ProblemException e) {
      return Reply.of(e);
    } catch (IOException | RuntimeException e) {
      log.error("{} failed", exchange.getRequestURI().getPath(), e);
      return Reply.error(Problem.INTERNAL, "this is a bug; the log has it");
    }
  }

  private static void send(HttpExchange exchange, Reply reply, boolean head) throws IOException {
    byte[] body = reply.body().getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    if (reply.status() == Problem.UNAUTHORIZED.status()) {
      exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
    }
    exchange.sendResponseHeaders(reply.status(), head ? -1 : body.length);
    if (!head) {
      exchange.getResponseBody().write(body);
    }
  }

  /** Stops at once; what is half fetched is removed at the next start. */
  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
    parts.close();
  }
}
