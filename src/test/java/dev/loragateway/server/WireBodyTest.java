package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.sim.SimRequest;
import dev.loragateway.sim.SimulatedServer;
import java.io.UncheckedIOException;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies that are too large, not JSON, or do not say which model. */
final class WireBodyTest {
  private static final int LIMIT = 64 << 10;

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private static SimulatedServer server;
  private static Gateway gateway;
  private WireClient client;
  private int seenBefore;

  @BeforeAll
  static void start() {
    server = gateways.simulator("base", "lora");
    gateway = gateways.start(Setup.of(server.address()).bodyLimit(LIMIT));
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

  private WireResponse ask(String body) {
    return client.send(Requests.post("/v1/chat/completions", body)).read();
  }

  @Test
  void size_announced100MiB_is413AtOnce() {
    client.send(
        Requests.head("POST /v1/chat/completions HTTP/1.1", "Content-Length: 104857600") + "\r\n");

    assertThat(client.read().status()).isEqualTo(413);
    assertThat(gateway.proxy().buffered()).isZero();
  }

  @Test
  void size_announced100MiBAndSent_is413() {
    client.send(
        Requests.head("POST /v1/chat/completions HTTP/1.1", "Content-Length: 104857600") + "\r\n");
    byte[] piece = new byte[1 << 20];
    for (int i = 0; i < 100; i++) {
      client.send(piece);
    }

    assertThat(client.read().status()).isEqualTo(413);
    client.awaitEnd();
  }

  @Test
  void size_chunked100MiB_is413WithoutHoldingIt() throws Exception {
    client.send(
        Requests.head("POST /v1/chat/completions HTTP/1.1", "Transfer-Encoding: chunked")
            + "\r\n2\r\n{ \r\n");
    byte[] piece = ("10000\r\n" + " ".repeat(0x10000) + "\r\n").getBytes(ISO_8859_1);
    Thread sender = Thread.startVirtualThread(() -> sendAll(piece, 1600));

    assertThat(client.read().status()).isEqualTo(413);
    assertThat(gateway.proxy().buffered()).isZero();
    client.close();
    assertThat(sender.join(SOON)).isTrue();
  }

  private void sendAll(byte[] piece, int times) {
    try {
      for (int i = 0; i < times; i++) {
        client.send(piece);
      }
    } catch (UncheckedIOException e) {
      // The gateway need not take all of it.
    }
  }

  @Test
  void size_exactlyTheLimit_isAccepted() {
    String body = Requests.chatBody("lora", 1, false);
    String padded = body + " ".repeat(LIMIT - body.length());

    assertThat(ask(padded).status()).isEqualTo(200);
    assertThat(ask(padded + " ").status()).isEqualTo(413);
  }

  @Test
  void size_sumOfBodiesBeyondTheLimit_is503() {
    Gateway small = gateways.start(Setup.of(server.address()).bufferedLimit(2000));
    WireClient holder = gateways.client(small);
    String body = Requests.chatBody("lora", 1, false) + " ".repeat(1500);
    String request = Requests.post("/v1/chat/completions", body);
    holder.send(request.substring(0, request.length() - 1));
    await().atMost(SOON).until(() -> small.proxy().buffered() >= 1500);

    WireResponse refused = gateways.ask(small, request);

    assertThat(refused.status()).isEqualTo(503);
    assertThat(refused.header("retry-after")).isEqualTo("1");
    assertThat(holder.send(" ").read().status()).isEqualTo(200);
    assertThat(small.proxy().buffered()).isZero();
  }

  @Test
  void expectContinue_oneInterimAnswerThenTheFinalOne() {
    String request =
        Requests.post(
            "/v1/chat/completions", Requests.chatBody("lora", 1, false), "Expect: 100-continue");
    int split = request.indexOf("\r\n\r\n") + 4;
    client.send(request.substring(0, split));
    assertThat(client.read().status()).isEqualTo(100);

    client.send(request.substring(split));

    assertThat(client.read().status()).isEqualTo(200);
    assertThat(client.send(Requests.get("/v1/models")).read().status()).isEqualTo(200);
    assertThat(seen())
        .filteredOn(seen -> seen.model() != null)
        .singleElement()
        .satisfies(seen -> assertThat(seen.headers()).doesNotContainKey("expect"));
  }

  @Test
  void expectContinue_announcedTooLarge_is413WithoutInterimAnswer() {
    client.send(
        Requests.head(
                "POST /v1/chat/completions HTTP/1.1",
                "Expect: 100-continue",
                "Content-Length: 104857600")
            + "\r\n");

    assertThat(client.read().status()).isEqualTo(413);
    client.awaitEnd();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "br", "identity, gzip"})
  void encoding_compressed_is415(String encoding) {
    client.send(Requests.post("/v1/chat/completions", "{}", "Content-Encoding: " + encoding));

    assertThat(client.read().status()).isEqualTo(415);
  }

  @Test
  void json_withoutModel_is400NamingTheField() {
    WireResponse answer = ask("{\"messages\":[]}");

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().at("/error/param").asText()).isEqualTo("model");
    assertThat(answer.header("x-should-retry")).isEqualTo("false");
  }

  @Test
  void json_modelOf10KB_isRefused() {
    WireResponse answer = ask(Requests.chatBody("m".repeat(10_000), 1, false));

    assertThat(answer.status()).isIn(400, 404);
    assertThat(answer.json().at("/error/param").asText()).isEqualTo("model");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "{\"model\":\"lora\"",
        "{\"model\":\"lora\",}",
        "{\"model\":\"lora\"} x",
        "{\"model\":7}",
        "{\"model\":null}",
        "{\"model\":\"\"}",
        "{\"model\":\"lora\",\"model\":\"base\"}",
        "{\"model\":\"lora\",\"mode\\u006c\":\"base\"}",
        "{\"model\":\"a\\u0000b\"}"
      })
  void json_notAcceptable_is400AndTheConnectionGoesOn(String body) {
    assertThat(ask(body).status()).isEqualTo(400);
    assertThat(client.send(Requests.get("/v1/models")).read().status()).isEqualTo(200);
    assertThat(seen()).noneMatch(seen -> seen.path().equals("/v1/chat/completions"));
  }

  @Test
  void json_invalidUtf8_is400() {
    byte[] body = "{\"model\":\"lo?ra\"}".getBytes(UTF_8);
    body[12] = (byte) 0xff;
    client.send(
        Requests.head("POST /v1/chat/completions HTTP/1.1", "Content-Length: " + body.length)
            + "\r\n");

    assertThat(client.send(body).read().status()).isEqualTo(400);
  }

  @Test
  void json_badInItsFirstBytes_isRefusedBeforeTheRest() {
    client.send(
        Requests.head("POST /v1/chat/completions HTTP/1.1", "Content-Length: 60000")
            + "\r\nnot json at all");

    assertThat(client.read().status()).isEqualTo(400);
    client.awaitEnd();
  }

  @Test
  void multipart_transcription_isRoutedByItsModelField() {
    WireResponse answer = client.send(transcription("lora")).read();

    assertThat(answer.status()).isEqualTo(200);
    assertThat(seen())
        .filteredOn(seen -> seen.path().equals("/v1/audio/transcriptions"))
        .singleElement()
        .satisfies(seen -> assertThat(seen.model()).isEqualTo("lora"));
  }

  @Test
  void multipart_unknownModel_is404() {
    assertThat(client.send(transcription("nobody")).read().status()).isEqualTo(404);
  }

  private static String transcription(String model) {
    String body =
        """
        --cut\r
        Content-Disposition: form-data; name="file"; filename="a.wav"\r
        Content-Type: audio/wav\r
        \r
        RIFF \u0000\u0001 name="model"\r
        --cut\r
        Content-Disposition: form-data; name="model"\r
        \r
        %s\r
        --cut--\r
        """
            .formatted(model);
    return Requests.head(
            "POST /v1/audio/transcriptions HTTP/1.1",
            "Content-Type: multipart/form-data; boundary=cut",
            "Content-Length: " + body.length())
        + "\r\n"
        + body;
  }
}
