package dev.loragateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Requests of HTTP/2 that could mean something else once they are written in HTTP/1.1: each is
 * refused alone, or the model server sees what the client meant. The connection goes on.
 */
final class Http2CorpusTest {
  private static final String PROBE = "{\"model\":\"base\",\"n\":7}";

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

  static List<Http2Case> corpus() {
    return Http2Case.all();
  }

  @ParameterizedTest
  @MethodSource("corpus")
  void request_isRefusedOrPassedOnAsMeant(Http2Case request) {
    FrameClient client = gateways.closing(new FrameClient(gateway));
    client.send(request.frames(1) + Frames.post(3, PROBE));

    List<String> passedOn = new ArrayList<>();
    FrameClient.Answer answer = client.answer(1);
    if (request.answer() == 0) {
      assertThat(answer.begun()).as(answer.body()).isFalse();
      assertThat(answer.reset()).isEqualTo(Frames.PROTOCOL_ERROR);
    } else {
      assertThat(answer.status()).as(answer.body()).isEqualTo(request.answer());
      assertThat(answer.whole()).isTrue();
    }
    if (request.answer() == 200) {
      assertThat(answer.body()).isEqualTo(request.wholeBody());
      passedOn.add(request.wholeBody());
    }
    assertThat(client.answer(3).body()).isEqualTo(PROBE);
    passedOn.add(PROBE);
    assertThat(client.goAway()).isNull();
    assertThat(upstream.calls())
        .extracting(RawUpstream.Call::body)
        .containsExactlyInAnyOrderElementsOf(passedOn);
    upstream.calls().forEach(call -> PassedOn.isFramedOnce(call, upstream.address()));
    if (request.answer() == 200) {
      PassedOn.isAsMeant(theOther(), request.line(), request.carries(), request.lacks());
    }
  }

  private static RawUpstream.Call theOther() {
    return upstream.calls().stream().filter(c -> !c.body().equals(PROBE)).findFirst().orElseThrow();
  }
}
