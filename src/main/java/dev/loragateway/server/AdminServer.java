package dev.loragateway.server;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.routing.Admission;
import dev.loragateway.telemetry.GatewayMetrics;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The operators' port: health, readiness, metrics and state. A server of its own on threads of its
 * own, so that load on the gateway cannot fail its probes. Thread-safe.
 */
final class AdminServer implements AutoCloseable {
  private static final String INDEX =
      """
      LoRA gateway
        /healthz    the process lives
        /readyz     every pool was scraped, the keys of clients read, and no shutdown is under way
        /metrics    Prometheus
        /api/state  pools, endpoints and the adapters that they hold; wants admin.token if there is one
        /api/adapters  the adapters that should exist, and how they fare; the same
        /api/explain   POST {"model": "NAME"}: where a request would go now, and why; the same
      """;

  private record Answer(int status, String type, String body) {}

  private interface Page {
    Answer render();
  }

  private static final Logger log = LoggerFactory.getLogger(AdminServer.class);

  private final HttpServer server;
  private final AdminAccess access;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /**
   * What the port shows.
   *
   * @param notReady why clients should not come yet, or no more; null when they may
   * @param token the one that {@code /api/*} wants; null = none
   */
  record Shown(
      EndpointRegistry registry,
      Admission admission,
      GatewayMetrics metrics,
      AdapterControl adapters,
      Supplier<@Nullable String> notReady,
      Supplier<@Nullable String> token) {}

  AdminServer(InetSocketAddress listen, Shown shown) throws IOException {
    try {
      server = HttpServer.create(listen, 0);
    } catch (BindException e) {
      throw Gateway.busy("admin.listen", listen, e);
    }
    server.setExecutor(threads);
    access = new AdminAccess(server.getAddress().getAddress(), shown.token());
    if (access.closed()) {
      log.warn(
          "admin.listen is open to other machines and there is no admin.token: /api/* answers 403");
    }
    page("/healthz", () -> text(200, "ok\n"));
    page("/readyz", () -> readiness(shown.notReady().get()));
    page("/metrics", () -> metrics(shown));
    guarded("/api/state", () -> state(shown));
    json(AdapterApi.PATH, new AdapterApi(shown.adapters(), shown.registry()::snapshot));
    json(ExplainApi.PATH, new ExplainApi(shown.registry(), shown.admission()));
    page("/", () -> text(200, INDEX));
    server.start();
  }

  InetSocketAddress address() {
    return server.getAddress();
  }

  private static Answer readiness(@Nullable String notReady) {
    return notReady == null ? text(200, "ready\n") : text(503, notReady + "\n");
  }

  private static Answer metrics(Shown shown) {
    shown.registry().drain();
    return new Answer(
        200,
        "text/plain; version=0.0.4; charset=utf-8",
        shown
            .metrics()
            .render(shown.registry().snapshot(), shown.admission(), shown.registry().now()));
  }

  private static Answer state(Shown shown) {
    EndpointRegistry registry = shown.registry();
    registry.drain();
    return new Answer(
        200,
        "application/json",
        StateJson.render(registry.snapshot(), shown.admission(), registry.now()));
  }

  private static Answer text(int status, String body) {
    return new Answer(status, "text/plain; charset=utf-8", body);
  }

  private void page(String path, Page page) {
    server.createContext(path, exchange -> answer(exchange, path, page));
  }

  private void json(String path, JsonHandler.Work work) {
    server.createContext(path, new JsonHandler(access, work));
  }

  /** A page for those who may see it. */
  private void guarded(String path, Page page) {
    server.createContext(
        path,
        exchange -> {
          AdminAccess.Refusal refusal = access.check(exchange.getRequestHeaders());
          if (refusal != null) {
            refusal.mark(exchange.getResponseHeaders());
          }
          answer(
              exchange,
              path,
              refusal == null ? page : () -> text(refusal.status(), refusal.message()));
        });
  }

  private static void answer(HttpExchange exchange, String path, Page page) throws IOException {
    try (exchange) {
      boolean exact = exchange.getRequestURI().getPath().equals(path);
      send(exchange, exact ? page.render() : text(404, "no such page\n"));
    }
  }

  private static void send(HttpExchange exchange, Answer answer) throws IOException {
    byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.getResponseHeaders().set("Content-Type", answer.type());
    if (!head && !exchange.getRequestMethod().equals("GET")) {
      exchange.sendResponseHeaders(405, -1);
      return;
    }
    exchange.sendResponseHeaders(answer.status(), head ? -1 : body.length);
    if (!head) {
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
