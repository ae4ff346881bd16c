package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the streams of one HTTP/2 connection may hold together. */
final class Http2MemoryTest {
  private static final int BODY_LIMIT = 1 << 20;
  private static final int BUFFERED_LIMIT = 4 << 20;
  private static final int STREAMS = 100;

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private final RawUpstream server =
      gateways.upstream(call -> call.reply(200, "application/json", "{}"));

  private static String body(int size) {
    String start = "{\"model\":\"base\",\"x\":\"";
    return start + "x".repeat(size - start.length() - 2) + "\"}";
  }

  /** Of the 10 MB that are sent the gateway holds a quarter of what it may hold for all. */
  @Test
  void bodiesOfOneConnection_holdNoMoreThanItsShare_andOthersHaveRoom() {
    Gateway gateway =
        gateways.start(
            Setup.of(server.address()).bodyLimit(BODY_LIMIT).bufferedLimit(BUFFERED_LIMIT));
    FrameClient greedy = gateways.closing(new FrameClient(gateway));
    String unfinished = body(100_000).substring(0, 96_000);
    for (int stream = 1; stream < 2 * STREAMS; stream += 2) {
      greedy.send(Frames.headers(stream, Frames.postHead()));
      greedy.sendBody(stream, unfinished);
    }

    assertThat(greedy.answer(2 * STREAMS - 1).status()).isEqualTo(503);
    int refused = 0;
    greedy.settle();
    for (int stream = 1; stream < 2 * STREAMS; stream += 2) {
      refused += greedy.on(stream).begun() ? 1 : 0;
    }
    assertThat(refused).isEqualTo(STREAMS - BODY_LIMIT / unfinished.length());
    assertThat(gateway.proxy().buffered()).isBetween((long) BODY_LIMIT / 2, (long) BODY_LIMIT);
    for (int i = 0; i < 3; i++) {
      assertThat(
              gateways
                  .ask(gateway, Requests.post("/v1/chat/completions", body(BODY_LIMIT)))
                  .status())
          .isEqualTo(200);
    }
    greedy.close();
    await().atMost(SOON).until(() -> gateway.proxy().buffered() == 0);
  }

  /** What is given back can be had again. */
  @Test
  void bodiesOfOneConnection_oneAfterTheOther_areNotCountedTogether() {
    Gateway gateway =
        gateways.start(
            Setup.of(server.address()).bodyLimit(BODY_LIMIT).bufferedLimit(BUFFERED_LIMIT));
    FrameClient client = gateways.closing(new FrameClient(gateway));

    for (int id = 1; id < 10; id += 2) {
      String whole = body(BODY_LIMIT);
      client.send(Frames.headers(id, Frames.postHead()));
      assertThat(client.sendBody(id, whole).send(Frames.lastData(id, "")).answer(id).status())
          .isEqualTo(200);
    }

    assertThat(gateway.proxy().buffered()).isZero();
  }
}
