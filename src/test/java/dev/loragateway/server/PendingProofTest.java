package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.access.AccessSettings;
import dev.loragateway.access.Caller;
import dev.loragateway.access.Issuer;
import dev.loragateway.access.JwksServer;
import dev.loragateway.access.ModelPatterns;
import dev.loragateway.access.RateLimits;
import dev.loragateway.sim.SimulatedServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Requests while it is being found out who sent them: the issuer is asked for a new key. */
class PendingProofTest {
  private static final Issuer OLD = Issuer.ec("old");
  private static final Issuer NEW = Issuer.ec("new");
  private static final Issuer STRANGER = Issuer.ec("new");
  private static final int LARGE = 24 << 20;

  /** A client that the gateway does not read is stuck after that. */
  private static final long STUCK_MILLIS = 500;

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private final OkHttpClient http2 =
      new OkHttpClient.Builder()
          .protocols(List.of(Protocol.H2_PRIOR_KNOWLEDGE))
          .callTimeout(SOON)
          .build();

  private JwksServer issuer;
  private SimulatedServer server;
  private Gateway gateway;

  @BeforeEach
  void start() {
    issuer = gateways.closing(new JwksServer(Issuer.jwks(OLD)));
    server = gateways.simulator("base");
    gateway = gateway(server.address());
    gateways.closing(
        () -> {
          http2.dispatcher().executorService().shutdown();
          http2.connectionPool().evictAll();
        });
    hold();
  }

  private Gateway gateway(String address) {
    Caller caller = new Caller("k", "k", ModelPatterns.ALL, RateLimits.NONE, null, true);
    return gateways.start(
        Setup.of(address)
            .access(
                new AccessSettings(
                    true, List.of(AccessTest.key("sk-1", caller, null)), null, issuer.settings())));
  }

  private void hold() {
    issuer.hold();
    issuer.publish(Issuer.jwks(OLD, NEW));
  }

  private static String chat() {
    return TokenTest.chat(NEW.token("alice"), "base");
  }

  private void awaitAsked() {
    await().atMost(SOON).until(() -> issuer.asked() == 2);
  }

  @Test
  void request_waits_andIsServed() {
    WireClient client = gateways.client(gateway).send(chat());
    awaitAsked();
    assertThat(gateway.proxy().active()).isEqualTo(1);
    assertThat(gateway.proxy().buffered()).isZero();

    issuer.release();

    assertThat(client.read().status()).isEqualTo(200);
    assertThat(client.send(chat()).read().status()).isEqualTo(200);
  }

  @Test
  void requestsBehindIt_areAnsweredInTheirOrder() {
    String byKey = TokenTest.chat("sk-1", "nobody");
    WireClient client =
        gateways.client(gateway).send(chat() + byKey + chat() + Requests.get("/health") + byKey);
    awaitAsked();
    assertThat(gateways.ask(gateway, byKey).status()).isEqualTo(404);

    issuer.release();

    for (int status : new int[] {200, 404, 200, 200, 404}) {
      assertThat(client.read().status()).isEqualTo(status);
    }
  }

  @Test
  void tokenThatTurnsOutWrong_is401_andWhatIsBehindItIsDropped() {
    WireClient client =
        gateways.client(gateway).send(TokenTest.chat(STRANGER.token("mallory"), "base") + chat());
    awaitAsked();

    issuer.release();

    WireResponse answer = client.read();
    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.header("connection")).isEqualTo("close");
    client.awaitEnd();
    client.close();
    await().atMost(SOON).until(() -> gateway.proxy().connections() == 0);
    assertThat(gateway.proxy().active()).isZero();
    assertThat(server.requests()).noneMatch(request -> request.method().equals("POST"));
  }

  @Test
  void clientThatLeaves_leavesNothingBehind() {
    String request = chat();
    String head = request.substring(0, request.indexOf("\r\n\r\n") + 4);
    for (String sent : List.of(head, request, request + request, request + "GET")) {
      WireClient client = gateways.client(gateway).send(sent);
      awaitAsked();
      await().atMost(SOON).until(() -> gateway.proxy().active() == 1);
      client.reset();
      await().atMost(SOON).until(() -> gateway.proxy().connections() == 0);
      assertThat(gateway.proxy().active()).isZero();
    }

    issuer.release();

    assertThat(gateways.ask(gateway, chat()).status()).isEqualTo(200);
    assertThat(gateway.proxy().buffered()).isZero();
    assertThat(server.requests()).filteredOn(r -> r.method().equals("POST")).hasSize(1);
  }

  @Test
  void wordToGoOn_isNotSaidBeforeTheProof() {
    String request = chat().replaceFirst("\r\n", "\r\nExpect: 100-continue\r\n");
    int end = request.indexOf("\r\n\r\n") + 4;
    WireClient client = gateways.client(gateway).send(request.substring(0, end));
    awaitAsked();
    gateway.proxy().endAll();

    assertThat(client.read().errorCode()).isEqualTo("shutting_down");
    issuer.release();
    client.awaitEnd();

    WireClient next = gateways.client(gateway).send(request.substring(0, end));
    assertThat(next.read().status()).isEqualTo(100);
    assertThat(next.send(request.substring(end)).read().status()).isEqualTo(200);
  }

  @Test
  void body_isNotReadBeforeTheProof() throws IOException {
    issuer.release();
    issuer.publish(Issuer.jwks(OLD));
    gateway =
        gateways
            .upstream(call -> call.reply(200, "application/json", "{}"))
            .address()
            .transform(this::gateway);
    hold();
    byte[] request = largeRequest();
    ByteBuffer rest = ByteBuffer.wrap(request);
    try (SocketChannel client = SocketChannel.open();
        Selector selector = Selector.open()) {
      client.setOption(StandardSocketOptions.SO_SNDBUF, 64 << 10);
      client.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), gateway.port()));
      client.configureBlocking(false);
      client.register(selector, SelectionKey.OP_WRITE);
      while (rest.hasRemaining() && selector.select(STUCK_MILLIS) > 0) {
        client.write(rest);
        selector.selectedKeys().clear();
      }
      assertThat(rest.remaining()).as("bytes that could not be sent").isPositive();
      assertThat(gateway.proxy().buffered()).isZero();

      issuer.release();
      while (rest.hasRemaining() && selector.select(SOON.toMillis()) > 0) {
        client.write(rest);
        selector.selectedKeys().clear();
      }
      assertThat(rest.remaining()).isZero();
      ByteBuffer status = ByteBuffer.allocate(12);
      client.keyFor(selector).cancel();
      selector.selectNow();
      client.configureBlocking(true);
      while (status.hasRemaining() && client.read(status) >= 0) {}
      assertThat(new String(status.array(), ISO_8859_1)).isEqualTo("HTTP/1.1 200");
    }
    await().atMost(SOON).until(() -> gateway.proxy().buffered() == 0);
  }

  private static byte[] largeRequest() {
    String body = "{\"model\":\"base\",\"max_tokens\":1,\"prompt\":\"" + "x".repeat(LARGE) + "\"}";
    return Requests.post("/tokenize", body, "Authorization: Bearer " + NEW.token("alice"))
        .getBytes(ISO_8859_1);
  }

  private Call call(String path, RequestBody body) {
    return http2.newCall(
        new Request.Builder()
            .url("http://127.0.0.1:" + gateway.port() + path)
            .header("Authorization", "Bearer " + NEW.token("alice"))
            .method(body == null ? "GET" : "POST", body)
            .build());
  }

  private static CompletableFuture<Response> answer(Call call) {
    CompletableFuture<Response> answer = new CompletableFuture<>();
    call.enqueue(
        new Callback() {
          @Override
          public void onFailure(Call failed, IOException e) {
            answer.completeExceptionally(e);
          }

          @Override
          public void onResponse(Call answered, Response response) {
            answer.complete(response);
          }
        });
    return answer;
  }

  private static RequestBody chatBody() {
    return RequestBody.create(
        Requests.chatBody("base", 2, false), MediaType.get("application/json"));
  }

  @Test
  void streamsOfHttp2_waitAndAreServed() {
    CompletableFuture<Response> get = answer(call("/v1/models", null));
    CompletableFuture<Response> post = answer(call("/v1/chat/completions", chatBody()));
    awaitAsked();
    await().atMost(SOON).until(() -> gateway.proxy().active() == 2);
    assertThat(gateway.proxy().buffered()).isZero();

    issuer.release();

    for (CompletableFuture<Response> answer : List.of(get, post)) {
      try (Response response = answer.join()) {
        assertThat(response.code()).isEqualTo(200);
      }
    }
    await().atMost(SOON).until(() -> gateway.proxy().active() == 0);
  }

  @Test
  void streamOfHttp2_thatIsReset_leavesNothingBehind() {
    Call post = call("/v1/chat/completions", chatBody());
    CompletableFuture<Response> answer = answer(post);
    awaitAsked();
    await().atMost(SOON).until(() -> gateway.proxy().active() == 1);

    post.cancel();

    await().atMost(SOON).until(() -> gateway.proxy().active() == 0);
    assertThat(answer).isCompletedExceptionally();
    issuer.release();
    try (Response next = answer(call("/v1/chat/completions", chatBody())).join()) {
      assertThat(next.code()).isEqualTo(200);
    }
  }
}
