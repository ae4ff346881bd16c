package dev.loragateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Requests that two parsers could read differently: each is refused and nothing behind it is
 * answered, or the model server sees what the client meant, framed anew, and the next request on
 * the connection is answered as its own.
 */
final class RequestCorpusTest {
  private static final String PROBE_BODY = "{\"model\":\"base\",\"n\":7}";
  private static final String PROBE = Requests.post("/v1/chat/completions", PROBE_BODY);

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private static RawUpstream upstream;
  private static Gateway gateway;

  @BeforeAll
  static void start() {
    upstream = gateways.upstream(call -> call.reply(200, "application/json", call.body()));
    gateway = gateways.start(Setup.of(upstream.address()));
  }

  @BeforeEach
  void forget() {
    upstream.forget();
  }

  static List<RequestCase> corpus() {
    return RequestCase.all();
  }

  @ParameterizedTest
  @MethodSource("corpus")
  void request_inOneWrite_isRefusedOrPassedOnAsMeant(RequestCase request) {
    check(request, WireClient::send);
  }

  @ParameterizedTest
  @MethodSource("corpus")
  void request_byteByByte_isRefusedOrPassedOnAsMeant(RequestCase request) {
    check(request, RequestCorpusTest::sendInPieces);
  }

  /** Of one byte, or in a thousand pieces what is long. */
  private static void sendInPieces(WireClient client, String bytes) {
    int size = 1 + bytes.length() / 1000;
    for (int i = 0; i < bytes.length(); i += size) {
      client.send(bytes.substring(i, Math.min(i + size, bytes.length())));
    }
  }

  private static void check(RequestCase request, BiConsumer<WireClient, String> send) {
    WireClient client = gateways.client(gateway);
    Thread sender = Thread.startVirtualThread(() -> sendAll(client, request, send));
    List<String> passedOn = new ArrayList<>(request.accepted());
    List<String> bodies = new ArrayList<>();
    WireResponse answer = null;
    for (int status : request.answers()) {
      answer = client.read();
      assertThat(answer.status()).as(answer.body()).isEqualTo(status);
      if (status == 200 && answer.endpoint() != null) {
        bodies.add(answer.body());
      }
    }
    assertThat(bodies).isEqualTo(request.accepted());
    if (request.closed()) {
      assertThat(answer.header("connection")).isEqualTo("close");
      client.awaitEnd();
    } else {
      assertThat(client.read().body()).isEqualTo(PROBE_BODY);
      passedOn.add(PROBE_BODY);
    }
    join(sender);
    assertThat(gateways.ask(gateway, PROBE).body()).isEqualTo(PROBE_BODY);
    passedOn.add(PROBE_BODY);
    assertThat(upstream.calls()).extracting(RawUpstream.Call::body).isEqualTo(passedOn);
    upstream.calls().forEach(call -> PassedOn.isFramedOnce(call, upstream.address()));
    if (!request.accepted().isEmpty()) {
      PassedOn.isAsMeant(
          upstream.calls().getFirst(), request.line(), request.carries(), request.lacks());
    }
  }

  private static void sendAll(
      WireClient client, RequestCase request, BiConsumer<WireClient, String> send) {
    try {
      send.accept(client, request.bytes() + PROBE);
    } catch (UncheckedIOException e) {
      // A gateway that has refused need not take the rest.
    }
  }

  private static void join(Thread sender) {
    try {
      assertThat(sender.join(GatewayExtension.SOON)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
