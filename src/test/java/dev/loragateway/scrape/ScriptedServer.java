package dev.loragateway.scrape;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.loragateway.model.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;

/** A model server that answers what a test says: at first as a healthy, idle vLLM. Thread-safe. */
final class ScriptedServer implements AutoCloseable {
  static final String IDLE = page(0, 0);
  static final String MODELS =
      """
      {"object":"list","data":[
        {"id":"base","object":"model","created":7,"root":"/models/base","parent":null,"max_model_len":2048},
        {"id":"lora-0","object":"model","created":7,"root":"/adapters/lora-0","parent":"base"}]}
      """;

  /** One request as it came. */
  record Request(String path, String authorization, InetSocketAddress client) {}

  final List<Request> requests = new CopyOnWriteArrayList<>();
  private final HttpServer server;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, HttpHandler> handlers = new ConcurrentHashMap<>();
  private final CountDownLatch closed = new CountDownLatch(1);

  ScriptedServer() throws IOException {
    this(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
  }

  ScriptedServer(SSLContext tls) throws IOException {
    this(secure(tls));
  }

  ScriptedServer(HttpServer server) {
    this.server = server;
    answer("/health", 200, "");
    answer("/v1/models", 200, MODELS);
    answer("/metrics", 200, IDLE);
    server.createContext("/", this::handle);
    server.setExecutor(executor);
    server.start();
  }

  private static HttpsServer secure(SSLContext tls) throws IOException {
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls));
    return server;
  }

  static String page(int running, int waiting) {
    return "vllm:num_requests_running{engine=\"0\"} %d\nvllm:num_requests_waiting{engine=\"0\"} %d\n"
        .formatted(running, waiting);
  }

  int port() {
    return server.getAddress().getPort();
  }

  Endpoint endpoint() {
    return Endpoint.plain("pool", "127.0.0.1", port());
  }

  void on(String path, HttpHandler handler) {
    handlers.put(path, handler);
  }

  void answer(String path, int status, String body) {
    on(
        path,
        exchange -> {
          byte[] bytes = body.getBytes(UTF_8);
          exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
          exchange.getResponseBody().write(bytes);
        });
  }

  /** Leaves requests for the path unanswered until the server is closed. */
  void hang(String path) {
    on(path, exchange -> await(closed));
  }

  long count(String path) {
    return requests.stream().filter(request -> request.path().equals(path)).count();
  }

  static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      String authorization = exchange.getRequestHeaders().getFirst("Authorization");
      requests.add(new Request(path, authorization, exchange.getRemoteAddress()));
      handlers.get(path).handle(exchange);
    }
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    executor.shutdownNow();
  }
}
