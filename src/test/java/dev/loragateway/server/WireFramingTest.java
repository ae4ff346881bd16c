package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.sim.SimRequest;
import dev.loragateway.sim.SimulatedServer;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages that are framed oddly, wrongly, or one behind the other. */
final class WireFramingTest {
  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private static SimulatedServer server;
  private static Gateway gateway;
  private WireClient client;
  private int seenBefore;

  @BeforeAll
  static void start() {
    server = gateways.simulator("base", "lora");
    gateway = gateways.start(Setup.of(server.address()));
  }

  @BeforeEach
  void connect() {
    client = gateways.client(gateway);
    seenBefore = server.requests().size();
  }

  /** The requests that reached the server in this test. */
  private List<SimRequest> seen() {
    List<SimRequest> all = server.requests();
    return all.subList(seenBefore, all.size());
  }

  @Test
  void pipelining_fourRequestsInOneWrite_areAnsweredInOrder() {
    client.send(
        Requests.chat("lora", 1)
            + Requests.get("/v1/models")
            + Requests.chat("nobody")
            + Requests.chat("lora", 3));

    assertThat(client.read().json().at("/usage/completion_tokens").asInt()).isEqualTo(1);
    assertThat(client.read().json().path("object").asText()).isEqualTo("list");
    assertThat(client.read().status()).isEqualTo(404);
    assertThat(client.read().json().at("/usage/completion_tokens").asInt()).isEqualTo(3);
  }

  @Test
  void wrongMethod_knownPath_namesTheRightOne() {
    client.send("DELETE /v1/models HTTP/1.1\r\nHost: a\r\n\r\n");

    WireResponse answer = client.read();

    assertThat(answer.status()).isEqualTo(405);
    assertThat(answer.header("allow")).isEqualTo("GET");
  }

  @Test
  void head_anyPath_isRefusedWithoutABody() {
    client.send("HEAD /v1/models HTTP/1.1\r\nHost: a\r\n\r\n");

    assertThat(client.readHead().status()).isEqualTo(405);
    client.awaitEnd();
  }

  @Test
  void pipelining_requestBehindStream_isAnsweredAfterIt() {
    client.send(Requests.stream("lora", 20) + Requests.get("/v1/models/lora"));

    assertThat(client.read().events()).hasSize(22).endsWith("[DONE]");
    assertThat(client.read().json().path("id").asText()).isEqualTo("lora");
  }

  @Test
  void pipelining_moreThanIsBuffered_everyRequestIsAnswered() {
    String large =
        Requests.post(
            "/v1/chat/completions",
            Requests.chatBody("lora", 1, false).replace("Hello", "x".repeat(50_000)));

    client.send(Requests.stream("lora", 5) + large + large + large + large);

    assertThat(client.read().status()).isEqualTo(200);
    for (int i = 0; i < 4; i++) {
      assertThat(client.read().status()).isEqualTo(200);
    }
  }

  @Test
  void keepAlive_afterErrorsOfWholeRequests_theConnectionGoesOn() {
    assertThat(client.send(Requests.chat("nobody")).read().status()).isEqualTo(404);
    assertThat(client.send(Requests.post("/v1/chat/completions", "{}")).read().status())
        .isEqualTo(400);
    assertThat(client.send(Requests.chat("lora")).read().status()).isEqualTo(200);
  }

  @Test
  void garbage_insteadOfRequest_is400AndTheEnd() {
    client.send("\u0016\u0003\u0001\u0002 what is this\r\n\r\n");

    WireResponse answer = client.read();

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.header("connection")).isEqualTo("close");
    client.awaitEnd();
  }

  @Test
  void request_clientLeavesInItsMiddle_nothingIsHeld() {
    String request = Requests.chat("lora");
    client.send(request.substring(0, request.length() - 10));
    await().atMost(SOON).until(() -> gateway.proxy().buffered() > 0);

    client.close();

    await().atMost(SOON).until(() -> gateway.proxy().buffered() == 0);
    await().atMost(SOON).until(() -> gateway.proxy().connections() == 0);
    assertThat(seen()).noneMatch(seen -> seen.model() != null);
  }

  @Test
  void body_bothFramings_isRefused() {
    String body = Requests.chatBody("lora", 1, false);
    client.send(
        Requests.head(
                "POST /v1/chat/completions HTTP/1.1",
                "Content-Type: application/json",
                "Content-Length: 4",
                "Transfer-Encoding: chunked")
            + "\r\n"
            + Integer.toHexString(body.length())
            + "\r\n"
            + body
            + "\r\n0\r\n\r\n"
            + Requests.get("/smuggled"));

    assertThat(client.read().status()).isEqualTo(400);
    client.awaitEnd();
    assertThat(seen()).noneMatch(request -> request.model() != null);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 4\r\nContent-Length: 5",
        "Content-Length: 4, 5",
        "Content-Length: +4",
        "Content-Length: -4",
        "Content-Length: four",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: xchunked",
        "Transfer-Encoding : chunked",
        "Content-Length : 4"
      })
  void body_ambiguousFraming_isRefused(String headers) {
    client.send(
        Requests.head("POST /v1/chat/completions HTTP/1.1", headers)
            + "\r\n0\r\n\r\n"
            + Requests.chat("lora"));

    assertThat(client.read().status()).isEqualTo(400);
    client.awaitEnd();
    assertThat(seen()).noneMatch(seen -> seen.model() != null);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"Content-Length: 4\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked"})
  void body_chunkedFromHttp10Client_isRefused(String headers) {
    String body = Requests.chatBody("lora", 1, false);
    client.send(
        "POST /v1/chat/completions HTTP/1.0\r\nContent-Type: application/json\r\n"
            + headers
            + "\r\n\r\n"
            + Integer.toHexString(body.length())
            + "\r\n"
            + body
            + "\r\n0\r\n\r\n");

    assertThat(client.read().status()).isEqualTo(400);
    client.awaitEnd();
    assertThat(seen()).noneMatch(request -> request.model() != null);
  }

  @ParameterizedTest
  @ValueSource(strings = {"zz\r\n", "-1\r\n", "fffffffffffffffff\r\n", "2\r\n{}xx"})
  void body_malformedChunk_is400AndTheEnd(String chunk) {
    client.send(
        Requests.head("POST /v1/chat/completions HTTP/1.1", "Transfer-Encoding: chunked")
            + "\r\n"
            + chunk
            + "\r\n");

    assertThat(client.read().status()).isEqualTo(400);
    client.awaitEnd();
  }

  @Test
  void body_chunked_isForwardedWithItsLength() {
    String body = Requests.chatBody("lora", 1, false);
    client.send(
        Requests.head(
                "POST /v1/chat/completions HTTP/1.1",
                "Content-Type: application/json",
                "Transfer-Encoding: chunked")
            + "\r\n1\r\n{\r\n"
            + Integer.toHexString(body.length() - 1)
            + "\r\n"
            + body.substring(1)
            + "\r\n0\r\nx-trailer: dropped\r\n\r\n");

    assertThat(client.read().status()).isEqualTo(200);
    assertThat(seen()).anyMatch(seen -> seen.body().equals(body));
  }

  @ParameterizedTest
  @CsvSource({
    "GET /v1/models HTTP/1.1, 'Host: a\r\nHost: b\r\n', 400",
    "GET /v1/models HTTP/1.1, 'x: y\r\n', 400",
    "GET /v1/models HTTP/2.0, 'Host: a\r\n', 505",
    "GET /v1/models HTTP/1.2, 'Host: a\r\n', 505",
    "GET /v1/models HTTP/1.1, 'Host: a\r\nb\u0000c: d\r\n', 400",
    "GET /v1/models HTTP/1.1, 'Host: a\r\nno colon\r\n', 400",
    "GET /v1/models HTTP/1.1, 'Host: a\r\nExpect: more\r\n', 417",
    "GET /v1/%zz HTTP/1.1, 'Host: a\r\n', 400",
    "PUT /v1/models HTTP/1.1, 'Host: a\r\n', 405",
    "GET /v1/chat/completions HTTP/1.1, 'Host: a\r\n', 405",
    "OPTIONS * HTTP/1.1, 'Host: a\r\n', 404",
    "CONNECT gateway:443 HTTP/1.1, 'Host: a\r\n', 404"
  })
  void head_notAcceptable_isRefused(String line, String headers, int status) {
    client.send(line + "\r\n" + headers + "\r\n");

    assertThat(client.read().status()).isEqualTo(status);
  }

  @Test
  void head_tooManyHeaders_is431() {
    client.send(Requests.get("/v1/models", "a: b\r\n".repeat(100) + "a: b"));

    assertThat(client.read().status()).isEqualTo(431);
    client.awaitEnd();
  }

  @Test
  void head_hugeHeader_is431() {
    client.send(Requests.get("/v1/models", "a: " + "b".repeat(40_000)));

    assertThat(client.read().status()).isEqualTo(431);
    client.awaitEnd();
  }

  @Test
  void head_longRequestLine_is414() {
    client.send(Requests.get("/v1/models/" + "b".repeat(9_000)));

    assertThat(client.read().status()).isEqualTo(414);
    client.awaitEnd();
  }

  @Test
  void http10_answerWithLength_closesUnlessKeptAlive() {
    String request = Requests.chat("lora").replace("HTTP/1.1", "HTTP/1.0");
    client.send(request.replace("Host: gateway", "Connection: keep-alive"));
    WireResponse kept = client.read();
    client.send(request);
    WireResponse last = client.read();

    assertThat(kept.header("connection")).isEqualToIgnoringCase("keep-alive");
    assertThat(last.status()).isEqualTo(200);
    client.awaitEnd();
  }

  @Test
  void http10_stream_hasNoChunksAndEndsWithTheConnection() {
    client.send(Requests.stream("lora", 3).replace("HTTP/1.1", "HTTP/1.0"));

    WireResponse answer = client.read();

    assertThat(answer.header("transfer-encoding")).isNull();
    assertThat(answer.events()).endsWith("[DONE]");
    client.awaitEnd();
  }

  @Test
  void connectionClose_isObeyed() {
    client.send(Requests.get("/v1/models", "Connection: close"));

    assertThat(client.read().header("connection")).isEqualTo("close");
    client.awaitEnd();
  }

  @Test
  void connections_beyondTheLimit_areClosed() {
    Gateway small = gateways.start(Setup.of(server.address()).connectionLimit(1));
    WireClient first = gateways.client(small);
    assertThat(first.send(Requests.get("/v1/models")).read().status()).isEqualTo(200);

    gateways.client(small).awaitEnd();

    assertThat(first.send(Requests.get("/v1/models")).read().status()).isEqualTo(200);
  }
}
