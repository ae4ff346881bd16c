package dev.loragateway.scrape;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.model.Endpoint;
import dev.loragateway.model.UpstreamAccess;
import dev.loragateway.model.UpstreamTls;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class ScrapeClientTest {
  private static final Duration PATIENT = Duration.ofSeconds(10);
  private static final int MIB = 1 << 20;

  private final ScrapeClient client = new ScrapeClient();
  private ScriptedServer server;

  @BeforeEach
  void start() throws IOException {
    server = new ScriptedServer();
  }

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  @Test
  void body_declaredOrChunked_read() throws InterruptedException {
    assertThat(text(get(server.endpoint(), "/metrics"))).isEqualTo(ScriptedServer.IDLE);
    server.on(
        "/metrics",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          for (int i = 0; i < 10_000; i++) {
            exchange.getResponseBody().write("0123456789".getBytes(UTF_8));
          }
        });
    assertThat(text(get(server.endpoint(), "/metrics"))).isEqualTo("0123456789".repeat(10_000));
    assertThat(text(get(server.endpoint(), "/health"))).isEmpty();
  }

  @Test
  void body_ofTheLimit_read() throws InterruptedException {
    server.answer("/metrics", 200, "x".repeat(MIB));
    assertThat(text(get(server.endpoint(), "/metrics"))).hasSize(MIB);
    server.answer("/metrics", 200, "x".repeat(MIB + 1));
    assertThat(get(server.endpoint(), "/metrics"))
        .isEqualTo(
            new Answer.Failed("java.io.IOException: the body is longer than 1048576 bytes", false));
  }

  @Test
  void body_streamedBeyondTheLimit_connectionGivenUp() throws InterruptedException {
    AtomicLong written = new AtomicLong();
    CountDownLatch ended = new CountDownLatch(1);
    server.on(
        "/metrics",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          try {
            write(exchange.getResponseBody(), 50L * MIB, written);
          } finally {
            ended.countDown();
          }
        });
    assertThat(get(server.endpoint(), "/metrics")).isInstanceOf(Answer.Failed.class);
    ended.await();
    assertThat(written.get()).isLessThan(25L * MIB);
  }

  @Test
  void body_dripping_givenUpAtTheTimeout() throws InterruptedException {
    CountDownLatch broken = new CountDownLatch(1);
    server.on(
        "/metrics",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          try {
            while (true) {
              exchange.getResponseBody().write(' ');
              exchange.getResponseBody().flush();
            }
          } finally {
            broken.countDown();
          }
        });
    Answer answer =
        client.get(server.endpoint(), "/metrics", Duration.ofMillis(200), Integer.MAX_VALUE);
    assertThat(answer).isEqualTo(new Answer.Failed("no complete answer within 200 ms", true));
    broken.await();
  }

  @Test
  void status_otherThanSuccess_failed() throws InterruptedException {
    server.answer("/metrics", 404, "{}");
    assertThat(get(server.endpoint(), "/metrics"))
        .isEqualTo(new Answer.Failed("status 404 (expected: 200)", false));
  }

  @Test
  void connection_refused_failed() throws InterruptedException {
    Endpoint endpoint = server.endpoint();
    server.close();
    assertThat(reason(get(endpoint, "/health"))).contains("ConnectException");
  }

  @Test
  void address_notOfAUrl_failed() throws InterruptedException {
    assertThat(reason(get(Endpoint.plain("pool", "not a host", 80), "/health")))
        .contains("IllegalArgumentException");
  }

  @Test
  void answer_notHttp_failedInOneLine() throws Exception {
    try (ServerSocket socket = answering("\u0007garbage\n\n", 1)) {
      assertThat(reason(get(endpointOf(socket), "/metrics")))
          .doesNotContain("\n", "\u0007")
          .hasSizeLessThanOrEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK|Content-Length: 2||ok",
        "HTTP/1.1 200 OK|content-length:2||ok",
        "HTTP/1.1 200|Connection: close||ok",
        "HTTP/1.0 200 OK||ok",
        "HTTP/1.1 103 Hints|link: x||HTTP/1.1 200 OK|Content-Length: 2||ok",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked||1;a=b|o|1|k|0|x: y||"
      })
  void answer_anyFraming_read(String answer) throws Exception {
    try (ServerSocket socket = answering(answer.replace("|", "\r\n"), 1)) {
      assertThat(text(get(endpointOf(socket), "/metrics"))).isEqualTo("ok");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "HTTP/1.1 200 OK|Content-Length: 3||ok,closed",
    "HTTP/1.1 200 OK|Content-Length: -3||ok,not a number",
    "HTTP/1.1 200 OK|Transfer-Encoding: chunked||2|ok,closed",
    "HTTP/1.1 200 OK|Transfer-Encoding: chunked||ffffffff|ok,chunk's size",
    "HTTP/1.1 200 OK|Transfer-Encoding: chunked||x|ok,chunk's size",
    "HTTP/1.1 200 OK|Transfer-Encoding: chunked||1|ok|,chunk is longer",
    "HTTP/1.1 200 OK|Transfer-Encoding: chunked||;a=b||,chunk's size",
    "HTTP/1.1 200 OK|Content-Length: 9223372036854775808||,not a number",
    "HTTP/1.1 200 OK|Content-Length: +2||ok,not a number",
    "HTTP/1.1 200 OK|Content-Length: 2|Content-Length: 3||ok,two lengths",
    "HTTP/1.1 2x0 OK||,not a number",
    "HTTP/2 200||,not an HTTP answer"
  })
  void answer_broken_failed(String answer, String reason) throws Exception {
    try (ServerSocket socket = answering(answer.replace("|", "\r\n"), 1)) {
      assertThat(reason(get(endpointOf(socket), "/metrics"))).contains(reason);
    }
  }

  @Test
  void answer_endlessHead_failed() throws Exception {
    String many = "HTTP/1.1 200 OK\r\n" + "a: b\r\n".repeat(100_000);
    String longLine = "HTTP/1.1 200 OK\r\na: " + "b".repeat(1_000_000);
    for (String answer : new String[] {many, longLine}) {
      try (ServerSocket socket = answering(answer, 1)) {
        assertThat(reason(get(endpointOf(socket), "/metrics")))
            .containsAnyOf("more than", "longer");
      }
    }
  }

  @Test
  void pages_recycledAndReadAgain_eachWhole() throws InterruptedException {
    for (int length : new int[] {100_000, 10, 0, 70_000, 300_000, 64}) {
      String body = Integer.toString(length % 7).repeat(length);
      server.answer("/metrics", 200, body);
      Answer answer = get(server.endpoint(), "/metrics");
      assertThat(text(answer)).isEqualTo(body);
      client.recycle((Answer.Page) answer);
    }
  }

  @Test
  void requester_interrupted_givesUpAtOnce() throws Exception {
    server.hang("/metrics");
    CompletableFuture<Throwable> ended = new CompletableFuture<>();
    Thread requester =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    client.get(server.endpoint(), "/metrics", Duration.ofHours(1), MIB);
                  } catch (InterruptedException e) {
                    ended.complete(e);
                  }
                });
    await().until(() -> server.count("/metrics") == 1);
    requester.interrupt();
    assertThat(ended.get()).isInstanceOf(InterruptedException.class);
  }

  @Test
  void apiKey_withALineBreak_refused() throws InterruptedException {
    Endpoint plain = server.endpoint();
    UpstreamAccess access = new UpstreamAccess(null, "a\r\nx: y");
    Endpoint endpoint = new Endpoint("pool", plain.address(), plain.host(), plain.port(), access);
    assertThat(reason(get(endpoint, "/health"))).contains("control character");
    assertThat(server.requests).isEmpty();
  }

  @Test
  void connection_closedAfterEachAnswerWithoutNotice_nextRequestSucceeds() throws Exception {
    String answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    try (ServerSocket socket = answering(answer, 50)) {
      for (int i = 0; i < 50; i++) {
        assertThat(text(get(endpointOf(socket), "/health"))).isEqualTo("ok");
      }
    }
  }

  @Test
  void answer_mostlyFraming_givenUp() throws Exception {
    String chunk = "1;" + "e".repeat(10_000) + "\r\nx\r\n";
    String answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk.repeat(300);
    try (ServerSocket socket = answering(answer, 1)) {
      assertThat(reason(get(endpointOf(socket), "/metrics"))).contains("more framing");
    }
  }

  @Test
  void answer_endlesslyInterim_givenUp() throws Exception {
    String answer = "HTTP/1.1 100 Continue\r\n\r\n".repeat(200_000);
    try (ServerSocket socket = answering(answer, 1)) {
      assertThat(reason(get(endpointOf(socket), "/metrics"))).contains("more framing");
    }
  }

  @Test
  void connection_strayBytesWhileIdle_notUsedAgain() throws Exception {
    byte[] answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".getBytes(UTF_8);
    try (ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      socket.setSoTimeout((int) PATIENT.toMillis());
      for (int i = 0; i < 3; i++) {
        FutureTask<Answer> asked = new FutureTask<>(() -> get(endpointOf(socket), "/health"));
        Thread.ofVirtual().start(asked);
        Socket connection = socket.accept();
        connection.getInputStream().read(new byte[4096]);
        connection.getOutputStream().write(answer);
        assertThat(text(asked.get())).isEqualTo("ok");
        connection.getOutputStream().write("HTTP/1.1 408 Request Timeout\r\n\r\n".getBytes(UTF_8));
      }
    }
  }

  @Test
  void connection_keptOpen_usedAgain() throws InterruptedException {
    for (int i = 0; i < 10; i++) {
      get(server.endpoint(), "/metrics");
    }
    assertThat(server.requests)
        .hasSize(10)
        .extracting(ScriptedServer.Request::client)
        .containsOnly(server.requests.getFirst().client());
  }

  @Test
  void tls_authorityOfOurs_trustedAndNoOther() throws Exception {
    X509Bundle ours = certificate();
    try (ScriptedServer secure = new ScriptedServer(serverContext(ours))) {
      assertThat(text(get(secured(secure, trusting(ours)), "/health"))).isEmpty();
      assertThat(reason(get(secured(secure, trusting(certificate())), "/health"))).contains("SSL");
      assertThat(reason(get(secured(secure, UpstreamTls.PLATFORM), "/health"))).contains("SSL");
    }
  }

  private Answer get(Endpoint endpoint, String path) throws InterruptedException {
    return client.get(endpoint, path, PATIENT, MIB);
  }

  private static String text(Answer answer) {
    assertThat(answer).isInstanceOf(Answer.Page.class);
    return new String(((Answer.Page) answer).exactBytes(), UTF_8);
  }

  private static String reason(Answer answer) {
    assertThat(answer).isInstanceOf(Answer.Failed.class);
    return ((Answer.Failed) answer).reason();
  }

  private static void write(OutputStream out, long length, AtomicLong written) throws IOException {
    byte[] block = new byte[64 << 10];
    while (written.get() < length) {
      out.write(block);
      out.flush();
      written.addAndGet(block.length);
    }
  }

  /** A server that closes each connection after one answer, so often as said. */
  private static ServerSocket answering(String answer, int times) throws IOException {
    ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual()
        .start(
            () -> {
              for (int i = 0; i < times; i++) {
                try (Socket connection = socket.accept()) {
                  connection.getInputStream().read(new byte[4096]);
                  connection.getOutputStream().write(answer.getBytes(UTF_8));
                } catch (IOException e) {
                  return;
                }
              }
            });
    return socket;
  }

  private static Endpoint endpointOf(ServerSocket socket) {
    return Endpoint.plain("pool", "127.0.0.1", socket.getLocalPort());
  }

  private static UpstreamTls trusting(X509Bundle authority) throws Exception {
    return UpstreamTls.of(List.of(authority.getCertificate()), null);
  }

  private static Endpoint secured(ScriptedServer server, UpstreamTls tls) {
    Endpoint plain = server.endpoint();
    return new Endpoint(
        "pool", plain.address(), plain.host(), plain.port(), new UpstreamAccess(tls, null));
  }

  private static X509Bundle certificate() throws Exception {
    return new CertificateBuilder()
        .subject("CN=127.0.0.1")
        .addSanIpAddress("127.0.0.1")
        .setIsCertificateAuthority(true)
        .buildSelfSigned();
  }

  private static SSLContext serverContext(X509Bundle bundle) throws Exception {
    KeyStore keys = bundle.toKeyStore("x".toCharArray());
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(keys, "x".toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(factory.getKeyManagers(), null, null);
    return context;
  }
}
