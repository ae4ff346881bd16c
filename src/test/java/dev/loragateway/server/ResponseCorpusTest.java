package dev.loragateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Answers that two parsers could read differently, or that have something behind them: none reaches
 * the client as anything but one answer or an error, and none reaches the next request.
 */
final class ResponseCorpusTest {
  private static final String PROBE_BODY = "{\"model\":\"base\",\"n\":7}";
  private static final String PROBE = Requests.post("/v1/chat/completions", PROBE_BODY);
  private static final String REQUEST = Requests.post("/v1/completions", "{\"model\":\"base\"}");

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  /** Sends an answer in one or in many pieces. */
  private interface Sending {
    void send(RawUpstream.Call call, String bytes) throws IOException;
  }

  private static RawUpstream upstream;
  private static Gateway gateway;
  private static volatile RawUpstream.Script script = call -> {};

  @BeforeAll
  static void start() {
    upstream =
        gateways.upstream(
            call -> {
              if (call.body().equals(PROBE_BODY)) {
                call.reply(200, "application/json", PROBE_BODY);
              } else {
                script.answer(call);
              }
            });
    gateway = gateways.start(Setup.of(upstream.address()).maxRetries(0).noEjection());
  }

  @BeforeEach
  void forget() {
    upstream.forget();
  }

  static List<ResponseCase> corpus() {
    return ResponseCase.all();
  }

  @ParameterizedTest
  @MethodSource("corpus")
  void response_inOneWrite_isPassedOnAsMeantOrAnError(ResponseCase response) throws Exception {
    check(response, RawUpstream.Call::write);
  }

  @ParameterizedTest
  @MethodSource("corpus")
  void response_byteByByte_isPassedOnAsMeantOrAnError(ResponseCase response) throws Exception {
    check(response, ResponseCorpusTest::sendInPieces);
  }

  /** Of one byte, or in a thousand pieces what is long. */
  private static void sendInPieces(RawUpstream.Call call, String bytes) throws IOException {
    int size = 1 + bytes.length() / 1000;
    for (int i = 0; i < bytes.length(); i += size) {
      call.write(bytes.substring(i, Math.min(i + size, bytes.length())));
    }
  }

  private static void check(ResponseCase response, Sending sending) throws Exception {
    CountDownLatch answered = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    script =
        call -> {
          try {
            sending.send(call, response.bytes());
            if (response.closes()) {
              call.close();
            }
            answered.await();
            if (!response.later().isEmpty()) {
              call.write(response.later()).awaitEnd();
            }
          } finally {
            ended.countDown();
          }
        };
    WireClient client = gateways.client(gateway);

    WireResponse answer = client.send(REQUEST).read();
    answered.countDown();
    assertThat(ended.await(GatewayExtension.SOON.toMillis(), TimeUnit.MILLISECONDS)).isTrue();

    isAsExpected(response, answer);
    if (response.broken()) {
      client.awaitEnd();
      client = gateways.client(gateway);
    }
    assertThat(client.send(PROBE).read().body()).isEqualTo(PROBE_BODY);
    assertThat(upstream.calls()).hasSize(2);
    boolean reused =
        upstream.calls().getFirst().connection() == upstream.calls().getLast().connection();
    assertThat(reused).as("the server's connection was used again").isEqualTo(response.reused());
  }

  private static void isAsExpected(ResponseCase response, WireResponse answer) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(response.status());
    assertThat(answer.whole()).isEqualTo(!response.broken());
    if (response.body() == null) {
      assertThat(answer.errorCode()).isEqualTo("upstream_failed");
    } else {
      assertThat(answer.body()).isEqualTo(response.body());
    }
    response
        .carries()
        .forEach((name, value) -> assertThat(answer.headers(name)).containsExactly(value));
    for (String header : response.lacks()) {
      assertThat(answer.headers(header)).as(header).isEmpty();
    }
  }
}
