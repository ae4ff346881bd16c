package dev.loragateway.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.loragateway.config.ConfigLoader;
import dev.loragateway.config.ConfigResult;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A model server that dies between the head and the body of an answer. */
final class HeadOnlyAnswerTest {
  private static final String MODELS =
      "{\"object\":\"list\",\"data\":[{\"id\":\"base\",\"object\":\"model\",\"parent\":null}]}";
  private static final String METRICS =
      "vllm:num_requests_running{engine=\"0\"} 0\nvllm:num_requests_waiting{engine=\"0\"} 0\n";

  @Test
  void diesAfterHeadOfAWholeAnswer_requestGoesElsewhere() throws Exception {
    AtomicInteger died = new AtomicInteger();
    HttpHandler dying =
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          exchange.sendResponseHeaders(200, 9);
          exchange.getResponseBody().flush();
          died.incrementAndGet();
          exchange.close();
        };
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        HttpClient client = HttpClient.newHttpClient()) {
      HttpServer bad = server(threads, dying);
      HttpServer good = server(threads, exchange -> answer(exchange, "{\"n\": 1}"));
      try (Gateway gateway = between(bad, good)) {
        await().atMost(Duration.ofSeconds(10)).until(() -> up(gateway, client));
        for (int i = 0; i < 4; i++) {
          assertThat(chat(gateway, client).statusCode()).isEqualTo(200);
        }
        assertThat(died).hasPositiveValue();
      } finally {
        bad.stop(0);
        good.stop(0);
      }
    }
  }

  private static HttpServer server(ExecutorService threads, HttpHandler chat) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/health", exchange -> answer(exchange, ""));
    server.createContext("/metrics", exchange -> answer(exchange, METRICS));
    server.createContext("/v1/models", exchange -> answer(exchange, MODELS));
    server.createContext("/v1/chat/completions", chat);
    server.setExecutor(threads);
    server.start();
    return server;
  }

  private static void answer(HttpExchange exchange, String body) throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      byte[] bytes = body.getBytes(UTF_8);
      exchange.sendResponseHeaders(200, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  private static Gateway between(HttpServer bad, HttpServer good) throws IOException {
    String yaml =
        """
        listen: 127.0.0.1:0
        admin: { listen: 127.0.0.1:0 }
        pools:
          - name: pool
            baseModel: base
            endpoints: [ "http://127.0.0.1:%d", "http://127.0.0.1:%d" ]
            routing: { policy: round-robin }
        """
            .formatted(bad.getAddress().getPort(), good.getAddress().getPort());
    ConfigResult result = ConfigLoader.parse(yaml, "test", Path.of("."), Map.of());
    assertThat(result).isInstanceOf(ConfigResult.Valid.class);
    return Gateway.start(((ConfigResult.Valid) result).config());
  }

  private static boolean up(Gateway gateway, HttpClient client) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + gateway.adminPort() + "/api/state");
    String state =
        client
            .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
            .body();
    return state.split("\"health\":\"up\"", -1).length == 3;
  }

  private static HttpResponse<String> chat(Gateway gateway, HttpClient client) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + gateway.port() + "/v1/chat/completions");
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .version(HttpClient.Version.HTTP_1_1)
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"base\",\"messages\":[]}"))
            .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }
}
