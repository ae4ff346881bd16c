package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Clients of HTTP/2 that keep the gateway waiting, with what they send or with what they read. */
final class Http2SlowClientTest {
  private static final Duration SHORT = Duration.ofMillis(500);
  private static final String BODY = "{\"model\":\"base\"}";
  private static final String PIECE = "x".repeat(16_000);

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private final AtomicLong sent = new AtomicLong();
  private final AtomicInteger cancelled = new AtomicInteger();

  /** Answers without an end, until the gateway closes the connection. */
  private final RawUpstream endless =
      gateways.upstream(
          call -> {
            try {
              call.stream().chunk("data: 1\n\n");
              while (true) {
                call.chunk("data: " + PIECE + "\n\n");
                sent.addAndGet(PIECE.length());
              }
            } catch (IOException e) {
              cancelled.incrementAndGet();
            }
          });

  private final RawUpstream echo =
      gateways.upstream(call -> call.reply(200, "application/json", call.body()));

  private FrameClient client(Gateway gateway) {
    return gateways.closing(new FrameClient(gateway));
  }

  private static void isOver(Gateway gateway) {
    await().atMost(SOON).until(() -> gateway.proxy().active() == 0);
    assertThat(GatewayExtension.inFlight(gateway)).isZero();
    assertThat(gateway.proxy().buffered()).isZero();
  }

  @Test
  void streamsWhoseWindowsStayShut_areResetAndCancelled_andTheConnectionGoesOn() {
    Gateway gateway = gateways.start(Setup.of(endless.address()).idle(SHORT));
    FrameClient client =
        gateways.closing(new FrameClient(gateway, Frames.settings(Frames.INITIAL_WINDOW_SIZE, 0)));
    client.send(Frames.post(1, BODY) + Frames.post(3, BODY));

    assertThat(client.answer(1).reset()).isEqualTo(Frames.CANCEL);
    assertThat(client.answer(3).reset()).isEqualTo(Frames.CANCEL);

    assertThat(client.on(1).status()).isEqualTo(200);
    assertThat(client.dataFrames()).isZero();
    await().atMost(SOON).until(() -> cancelled.get() == 2);
    isOver(gateway);
    client.settle();
  }

  @Test
  void connectionWhoseWindowStaysShut_itsStreamsAreResetAndCancelled() {
    Gateway gateway = gateways.start(Setup.of(endless.address()).idle(SHORT));
    FrameClient client =
        gateways.closing(
            new FrameClient(gateway, Frames.settings(Frames.INITIAL_WINDOW_SIZE, 1 << 30)));
    for (int stream = 1; stream < 21; stream += 2) {
      client.send(Frames.post(stream, BODY));
    }

    for (int stream = 1; stream < 21; stream += 2) {
      assertThat(client.answer(stream).reset()).isEqualTo(Frames.CANCEL);
    }

    await().atMost(SOON).until(() -> cancelled.get() == 10);
    isOver(gateway);
  }

  /** The whole answer is in the gateway, and nobody takes it. */
  @Test
  void wholeAnswerThatIsNotTaken_isResetAfterTheIdleTimeout() {
    Gateway gateway = gateways.start(Setup.of(echo.address()).idle(SHORT));
    FrameClient client =
        gateways.closing(new FrameClient(gateway, Frames.settings(Frames.INITIAL_WINDOW_SIZE, 0)));

    client.send(Frames.post(1, BODY));

    assertThat(client.answer(1).reset()).isEqualTo(Frames.CANCEL);
    isOver(gateway);
  }

  /** The client has said all, so that only the answer is left. */
  @Test
  void refusalThatIsNotTaken_isResetAfterTheIdleTimeout() {
    Gateway gateway = gateways.start(Setup.of(echo.address()).idle(SHORT));
    FrameClient client =
        gateways.closing(new FrameClient(gateway, Frames.settings(Frames.INITIAL_WINDOW_SIZE, 0)));
    client.send(
        Frames.headers(
            1,
            Frames.block(
                ":method", "POST", ":scheme", "http", ":authority", "gateway", ":path", "/none")));
    client.readUntil(() -> client.on(1).begun());

    client.send(Frames.lastData(1, ""));

    assertThat(client.answer(1).reset()).isEqualTo(Frames.CANCEL);
    isOver(gateway);
  }

  /** Its windows are open, but the socket is full. */
  @Test
  void clientThatDoesNotReadItsSocket_isEndedAfterTheIdleTimeout() {
    Gateway gateway = gateways.start(Setup.of(endless.address()).idle(SHORT));
    FrameClient client =
        gateways.closing(
            new FrameClient(gateway, Frames.settings(Frames.INITIAL_WINDOW_SIZE, 1 << 30)));

    client.send(Frames.window(0, 1 << 30) + Frames.post(1, BODY) + Frames.post(3, BODY));

    await().atMost(SOON).until(() -> cancelled.get() == 2);
    await().atMost(SOON).until(() -> gateway.proxy().connections() == 0);
    isOver(gateway);
  }

  /** What each byte costs the client is less than what it costs the gateway. */
  @Test
  void windowThatIsOpenedByteByByte_endsTheConnection() {
    Gateway gateway = gateways.start(Setup.of(endless.address()));
    FrameClient client =
        gateways.closing(new FrameClient(gateway, Frames.settings(Frames.INITIAL_WINDOW_SIZE, 1)));
    client.send(Frames.post(1, BODY));
    client.readUntil(() -> client.dataFrames() > 0);

    boolean taken = true;
    for (int i = 0; i < 20_000 && taken; i += 100) {
      taken = client.sends(Frames.window(1, 1).repeat(100));
    }

    assertThat(client.goAway(Frames.ENHANCE_YOUR_CALM).error()).isPositive();
    client.awaitEnd();
    await().atMost(SOON).until(() -> cancelled.get() == 1);
    isOver(gateway);
  }

  @Test
  void clientThatReadsNothing_theServerIsHeldBack() {
    Gateway gateway = gateways.start(Setup.of(endless.address()));
    FrameClient client =
        gateways.closing(new FrameClient(gateway, Frames.settings(Frames.INITIAL_WINDOW_SIZE, 0)));
    client.send(Frames.post(1, BODY));
    client.readUntil(() -> client.on(1).begun());

    await().atMost(SOON).during(Duration.ofMillis(300)).until(sent::get, unchanged());
    long held = sent.get();

    assertThat(held).isLessThan(32 << 20);
    client.send(Frames.window(1, 1 << 28) + Frames.window(0, 1 << 28));
    client.readUntil(() -> sent.get() > held);
  }

  /** Holds while the count is what it was when last looked at. */
  private static Predicate<Long> unchanged() {
    AtomicLong last = new AtomicLong(-1);
    return now -> last.getAndSet(now) == now;
  }

  @Test
  void headersThatDoNotEnd_endTheConnection_andCancelItsStreams() {
    Gateway gateway = gateways.start(Setup.of(endless.address()).requestHeader(SHORT));
    FrameClient client = client(gateway).send(Frames.post(1, BODY));
    client.readUntil(() -> client.on(1).begun());

    client.send(Frames.frame(Frames.HEADERS, Frames.END_STREAM, 3, Frames.postHead()));

    assertThat(client.goAway(Frames.ENHANCE_YOUR_CALM).error()).isPositive();
    client.awaitEnd();
    await().atMost(SOON).until(() -> cancelled.get() == 1);
    isOver(gateway);
    assertThat(endless.calls()).hasSize(1);
  }

  @Test
  void frameThatTrickles_endsTheConnection() {
    Gateway gateway = gateways.start(Setup.of(echo.address()).requestHeader(SHORT));
    FrameClient client = client(gateway);
    String request = Frames.post(1, BODY);
    AtomicInteger at = new AtomicInteger();

    await()
        .atMost(SOON)
        .pollInterval(SHORT.dividedBy(10))
        .until(
            () -> {
              int next = at.getAndIncrement();
              client.sends(request.substring(next, next + 1));
              return gateway.proxy().connections() == 0;
            });

    client.awaitEnd();
    assertThat(client.goAway().error()).isEqualTo(Frames.ENHANCE_YOUR_CALM);
    assertThat(echo.calls()).isEmpty();
  }

  @Test
  void prefaceWithoutSettings_endsTheConnection() {
    Gateway gateway = gateways.start(Setup.of(echo.address()).requestHeader(SHORT));
    FrameClient client = gateways.closing(new FrameClient(gateway, ""));

    client.awaitEnd();

    assertThat(client.goAway().error()).isEqualTo(Frames.ENHANCE_YOUR_CALM);
  }

  /** Part of a body has the time of a body. */
  @Test
  void dataThatComeSlowly_areTaken_whileHeadersHaveLessTime() {
    Gateway gateway = gateways.start(Setup.of(echo.address()).requestHeader(SHORT));
    FrameClient client = client(gateway);
    String request = Frames.post(1, BODY);
    client.send(request.substring(0, request.length() - 5));

    FrameClient late = client(gateway).settle();
    late.send(Frames.frame(Frames.HEADERS, 0, 1, Frames.postHead()));
    late.goAway(Frames.ENHANCE_YOUR_CALM);

    client.send(request.substring(request.length() - 5));

    assertThat(client.answer(1).body()).isEqualTo(BODY);
  }

  @Test
  void bodyThatDoesNotCome_is408_andTheConnectionGoesOn() {
    Gateway gateway = gateways.start(Setup.of(echo.address()).idle(SHORT));
    FrameClient client = client(gateway).send(Frames.headers(1, Frames.postHead()));

    assertThat(client.answer(1).status()).isEqualTo(408);
    assertThat(client.on(1).errorCode()).isEqualTo("request_body_timeout");
    assertThat(client.send(Frames.post(3, BODY)).answer(3).body()).isEqualTo(BODY);
    isOver(gateway);
    assertThat(echo.calls()).hasSize(1);
  }

  @Test
  void bodyThatTrickles_is408() {
    Gateway gateway = gateways.start(Setup.of(echo.address()).requestBody(SHORT));
    FrameClient client = client(gateway).send(Frames.headers(1, Frames.postHead()));
    client.send(Frames.data(1, "{"));
    await().atMost(SOON).until(() -> gateway.proxy().active() == 1);

    await()
        .atMost(SOON)
        .pollInterval(SHORT.dividedBy(10))
        .until(
            () -> {
              client.sends(Frames.data(1, " "));
              return gateway.proxy().active() == 0;
            });

    assertThat(client.answer(1).errorCode()).isEqualTo("request_body_timeout");
    assertThat(echo.calls()).isEmpty();
  }

  @Test
  void connectionThatIdles_isEndedInGoodOrder() {
    Gateway gateway = gateways.start(Setup.of(echo.address()).keepAlive(SHORT));
    FrameClient client = client(gateway).send(Frames.post(1, BODY));
    assertThat(client.answer(1).body()).isEqualTo(BODY);

    client.readUntil(() -> client.goAway() != null && client.goAway().lastStream() == 1);
    assertThat(client.goAway().error()).isEqualTo(Frames.NO_ERROR);
    client.awaitEnd();
  }

  /** Pings do not make it one that is used. */
  @Test
  void connectionThatOnlyPings_isEnded() {
    Gateway gateway = gateways.start(Setup.of(echo.address()).keepAlive(SHORT));
    FrameClient client = client(gateway);

    await()
        .atMost(SOON)
        .pollInterval(SHORT.dividedBy(5))
        .until(() -> !client.sends(Frames.ping("12345678")) || gateway.proxy().connections() == 0);

    client.awaitEnd();
    assertThat(client.goAway().error()).isEqualTo(Frames.NO_ERROR);
  }

  @Test
  void connectionWithAStream_isNotIdle() {
    CountDownLatch others = new CountDownLatch(1);
    RawUpstream late =
        gateways.upstream(
            call -> {
              assertThat(others.await(10, TimeUnit.SECONDS)).isTrue();
              call.reply(200, "application/json", call.body());
            });
    Gateway gateway = gateways.start(Setup.of(late.address()).keepAlive(SHORT));
    FrameClient client = client(gateway).send(Frames.post(1, BODY));

    client(gateway).awaitEnd();
    others.countDown();

    assertThat(client.answer(1).body()).isEqualTo(BODY);
    assertThat(client.goAway()).isNull();
  }
}
