package dev.loragateway.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.loragateway.adapters.EngineKind;
import dev.loragateway.runtime.FetchLimits;
import dev.loragateway.runtime.RuntimeServer;
import dev.loragateway.runtime.RuntimeSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the sidecar is trusted with is nowhere but where it belongs, however a fetch ends: not in
 * its log at its most talkative, an answer, its state or on the volume.
 */
class RuntimeSecrecyTest {
  /** Part of everything that is secret here. */
  private static final String SECRET = "hush7f3a";

  private static final InetAddress HERE = InetAddress.ofLiteral("127.0.0.1");

  @TempDir Path directory;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private HttpServer web;

  /** A source and an engine that refuse everything, with secrets in what they say. */
  @BeforeEach
  void serve() throws IOException {
    web = HttpServer.create(new InetSocketAddress(HERE, 0), 0);
    web.setExecutor(threads);
    web.createContext(
        "/",
        exchange -> {
          try (exchange) {
            byte[] body = ("{\"x\":\"" + SECRET + "\"").getBytes(UTF_8);
            int status = Integer.parseInt(exchange.getRequestURI().getPath().replaceAll("\\D", ""));
            exchange.getResponseHeaders().set("Location", "ftp://" + SECRET);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
          } catch (NumberFormatException e) {
            exchange.sendResponseHeaders(403, -1);
          }
        });
    web.start();
  }

  @AfterEach
  void stop() {
    web.stop(0);
    threads.shutdownNow();
  }

  private RuntimeSettings settings() throws IOException {
    String base = "http://127.0.0.1:" + web.getAddress().getPort();
    Path credentials = Files.createDirectories(directory.resolve("credentials"));
    Files.writeString(credentials.resolve("HF_TOKEN"), "file-" + SECRET);
    Path key = Files.writeString(directory.resolve("key"), "key-" + SECRET);
    return new RuntimeSettings(
        new InetSocketAddress(HERE, 0),
        false,
        key,
        EngineKind.VLLM,
        URI.create(base),
        Files.writeString(directory.resolve("engine-key"), "engine-" + SECRET),
        directory.resolve("volume"),
        "/adapters",
        Long.MAX_VALUE,
        FetchLimits.DEFAULTS,
        List.of(),
        credentials,
        Map.of(
            "AWS_ENDPOINT_URL", base,
            "HF_ENDPOINT", base,
            "AWS_ACCESS_KEY_ID", "id-" + SECRET,
            "AWS_SECRET_ACCESS_KEY", "aws-" + SECRET,
            "AWS_SESSION_TOKEN", "session-" + SECRET,
            "HTTP_BEARER", "bearer-" + SECRET));
  }

  @Test
  void secrets_howeverALoadEnds_areNowhereElse() throws Exception {
    StringBuilder told = new StringBuilder();
    try (CapturedLog log = CapturedLog.ofAll();
        Banner banner = new Banner()) {
      RuntimeSettings settings = settings();
      try (RuntimeServer runtime = RuntimeServer.start(settings);
          HttpClient client = HttpClient.newHttpClient()) {
        String host = "127.0.0.1:" + web.getAddress().getPort();
        for (String url :
            List.of(
                "http://me:" + SECRET + "@" + host + "/200/a.tar?x=" + SECRET,
                "http://me:" + SECRET + "@" + host + "/403/a.zip?x=" + SECRET,
                "http://" + host + "/302/?x=" + SECRET,
                "http://" + host + "/500/?x=" + SECRET,
                "http://:" + SECRET + "@/a.tar",
                "http://" + banner.url() + "/a.tar?x=" + SECRET,
                "http://" + SECRET + ":x@127.0.0.1:1/a.tar?x=" + SECRET,
                "http://me:" + SECRET + "@no such host/a.tar",
                "http://me:" + SECRET + "@host/a.gguf?x=" + SECRET,
                "file://me:" + SECRET + "@host/adapters",
                "me:" + SECRET + "://host/a.tar",
                "hf://acme/support",
                "hf://me:" + SECRET + "@acme/support",
                "s3://bucket/support/",
                "s3://bucket/support/?X-Amz-Signature=" + SECRET,
                "s3://id:" + SECRET + "@bucket/support/")) {
          told.append(ask(client, runtime, url, "\"aws_region\":\"eu-1\""));
        }
        String bearer = "\"http_bearer\":\"x\\n" + SECRET + "\"";
        told.append(ask(client, runtime, "http://" + host + "/200/a.tar", bearer));
        told.append(settings);
        told.append(get(client, runtime, "/api/state"));
        told.append(get(client, runtime, "/ready"));
      }
      told.append(log.text().replaceAll("(?m)^.*(jdk\\.httpclient|sun\\.net).*$", ""));
      assertThat(log.events()).isNotEmpty();
    }
    try (var files = Files.walk(directory.resolve("volume"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        told.append(Files.readString(file));
      }
    }
    assertThat(told.toString())
        .contains("AccessDenied", "FetchFailed", "it broke off", "credentials.HTTP_BEARER has")
        .doesNotContain(SECRET);
  }

  private static String ask(
      HttpClient client, RuntimeServer runtime, String url, String credentials) throws Exception {
    String body =
        """
        {"lora_name":"support","artifact_url":"%s","credentials":{%s},
         "additional_config":{"api-key":"theirs-%s"}}
        """
            .formatted(url, credentials, SECRET);
    return client
        .send(
            request(runtime, "/v1/lora_adapter/load").POST(BodyPublishers.ofString(body)).build(),
            BodyHandlers.ofString())
        .body();
  }

  private static String get(HttpClient client, RuntimeServer runtime, String path)
      throws Exception {
    return client.send(request(runtime, path).build(), BodyHandlers.ofString()).body();
  }

  private static HttpRequest.Builder request(RuntimeServer runtime, String path) {
    return HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + runtime.address().getPort() + path))
        .header("Authorization", "Bearer key-" + SECRET);
  }

  /** A server of another kind, which says at once who it is. Thread-safe. */
  private final class Banner implements AutoCloseable {
    private final ServerSocket listener = new ServerSocket(0, 8, HERE);

    Banner() throws IOException {
      threads.execute(this::greet);
    }

    String url() {
      return "127.0.0.1:" + listener.getLocalPort();
    }

    private void greet() {
      while (!listener.isClosed()) {
        try (Socket caller = listener.accept()) {
          caller.getOutputStream().write((SECRET + " at your service\r\n\r\n").getBytes(UTF_8));
        } catch (IOException e) {
          // the caller, or the test, is gone
        }
      }
    }

    @Override
    public void close() throws IOException {
      listener.close();
    }
  }
}
