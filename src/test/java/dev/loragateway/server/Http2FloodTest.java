package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clients of HTTP/2 that send what costs them little and the gateway much. Each is thrown out or
 * refused, the model server hears little or nothing of it, and others are served.
 */
final class Http2FloodTest {
  private static final String BODY = "{\"model\":\"base\"}";

  /** Is never answered. */
  private static final String HANGING = "{\"model\":\"base\",\"user\":\"hangs\"}";

  private static final int STREAMS = 100;
  private static final int RESETS = 1_000;
  private static final int PROVOKED_RESETS = 200;

  /** More than a connection may have ahead of what it has earned. */
  private static final int FLOOD = 12_000;

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private static RawUpstream server;
  private static Gateway gateway;

  private FrameClient client;

  @BeforeAll
  static void start() {
    server =
        gateways.upstream(
            call -> {
              if (call.body().equals(HANGING)) {
                call.awaitEnd();
              } else {
                call.reply(200, "application/json", call.body());
              }
            });
    gateway = gateways.start(Setup.of(server.address()).noEjection());
  }

  @BeforeEach
  void connect() {
    server.forget();
    client = gateways.closing(new FrameClient(gateway));
  }

  /**
   * What has begun ends, and another client is served as soon as the endpoint is not full of what
   * is about to be taken back.
   */
  @AfterEach
  void others_areServed() {
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              FrameClient other = gateways.closing(new FrameClient(gateway));
              assertThat(other.send(Frames.post(1, BODY)).answer(1).body()).isEqualTo(BODY);
            });
    client.close();
    await().atMost(SOON).until(() -> gateway.proxy().active() == 0);
    await().atMost(SOON).until(() -> GatewayExtension.inFlight(gateway) == 0);
    assertThat(gateway.proxy().buffered()).isZero();
  }

  private boolean isThrownOut() {
    client.goAway(Frames.ENHANCE_YOUR_CALM);
    client.awaitEnd();
    return true;
  }

  private static int stream(int index) {
    return 2 * index + 1;
  }

  /** CVE-2023-44487. */
  @Test
  void requestsThatAreResetAtOnce_endTheConnection() {
    boolean taken = true;
    for (int i = 0; i < 5 * RESETS && taken; i++) {
      taken = client.sends(Frames.post(stream(i), HANGING) + Frames.reset(stream(i)));
    }

    assertThat(isThrownOut()).isTrue();
    assertThat(server.calls()).hasSizeLessThanOrEqualTo(RESETS + 1);
  }

  /** Ways to make the gateway reset a stream, given its number (CVE-2025-8671). */
  static Stream<Named<IntFunction<String>>> provocations() {
    return Stream.of(
        Named.of("window update of nothing", stream -> Frames.window(stream, 0)),
        Named.of("window beyond its limit", stream -> Frames.window(stream, Integer.MAX_VALUE)),
        Named.of("data behind the end", stream -> Frames.data(stream, "x")),
        Named.of("headers behind the end", stream -> Frames.lastHeaders(stream, "")),
        Named.of("dependency on itself", stream -> Frames.priority(stream, stream)),
        Named.of(
            "priority of a wrong size", stream -> Frames.frame(Frames.PRIORITY, 0, stream, "1234")),
        Named.of(
            "reset of a wrong size", stream -> Frames.frame(Frames.RST_STREAM, 0, stream, "1")));
  }

  @ParameterizedTest
  @MethodSource("provocations")
  void requestsThatTheGatewayIsMadeToReset_endTheConnection(IntFunction<String> provocation) {
    boolean taken = true;
    for (int i = 0; i < 5 * PROVOKED_RESETS && taken; i++) {
      taken = client.sends(Frames.post(stream(i), HANGING) + provocation.apply(stream(i)));
    }

    client.awaitEnd();
    assertThat(client.goAway()).isNotNull();
    assertThat(client.goAway().error()).isNotEqualTo(Frames.NO_ERROR);
    assertThat(server.calls()).hasSizeLessThanOrEqualTo(PROVOKED_RESETS + 1);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 16_384})
  void headersThatNeverEnd_endTheConnection(int bytesOfEachFrame) {
    String part = Frames.frame(Frames.CONTINUATION, 0, 1, "x".repeat(bytesOfEachFrame));
    client.send(Frames.frame(Frames.HEADERS, Frames.END_STREAM, 1, Frames.postHead()));
    boolean taken = true;
    for (int i = 0; i < 1000 && taken; i++) {
      taken = client.sends(part);
    }

    client.awaitEnd();
    assertThat(client.goAway().error()).isNotEqualTo(Frames.NO_ERROR);
    assertThat(server.calls()).isEmpty();
  }

  @Test
  void headersThatAreTooLarge_are431_andTheConnectionGoesOn() {
    String large = Frames.block("x", "y".repeat(16_500), "x", "y".repeat(16_500));
    String head = Frames.postHead() + large;
    client.send(
        Frames.frame(Frames.HEADERS, Frames.END_STREAM, 1, head.substring(0, 16_000))
            + Frames.frame(Frames.CONTINUATION, 0, 1, head.substring(16_000, 32_000))
            + Frames.frame(Frames.CONTINUATION, Frames.END_HEADERS, 1, head.substring(32_000)));

    assertThat(client.answer(1).status()).isEqualTo(431);
    assertThat(client.send(Frames.post(3, BODY)).answer(3).body()).isEqualTo(BODY);
    assertThat(server.calls()).hasSize(1);
  }

  /** A byte for each four thousand that are meant. */
  @Test
  void headersThatAreLargeWhenUnpacked_are431_andTheConnectionGoesOn() {
    String bomb = Frames.indexed("x", "y".repeat(4000)) + "\u00be".repeat(10_000);
    client.send(Frames.headers(1, Frames.postHead() + bomb) + Frames.lastData(1, BODY));

    assertThat(client.answer(1).status()).isEqualTo(431);
    assertThat(client.send(Frames.post(3, BODY)).answer(3).body()).isEqualTo(BODY);
    assertThat(server.calls()).hasSize(1);
  }

  static Stream<Named<IntFunction<String>>> idleTalk() {
    return Stream.of(
        Named.of("settings", i -> Frames.settings(Frames.INITIAL_WINDOW_SIZE, i)),
        Named.of("ping", i -> Frames.ping("12345678")),
        Named.of("priority", i -> Frames.priority(stream(i), 0)),
        Named.of("window update", i -> Frames.window(0, 1)),
        Named.of("unknown frame", i -> Frames.frame(0xfa, 0, 0, "x")));
  }

  @ParameterizedTest
  @MethodSource("idleTalk")
  void framesThatAskForNothing_endTheConnectionWhenTheyAreMany(IntFunction<String> frame) {
    boolean taken = true;
    for (int i = 0; i < FLOOD && taken; i += 100) {
      StringBuilder some = new StringBuilder();
      for (int j = i; j < i + 100; j++) {
        some.append(frame.apply(j));
      }
      taken = client.sends(some.toString());
    }

    assertThat(isThrownOut()).isTrue();
    assertThat(server.calls()).isEmpty();
  }

  @Test
  void pings_whenTheyAreFew_areAnswered() {
    int pings = 5000;
    client.send(Frames.ping("12345678").repeat(pings));

    client.readUntil(() -> client.pings() == pings);

    assertThat(client.send(Frames.post(1, BODY)).answer(1).body()).isEqualTo(BODY);
  }

  /** Two for each piece of an answer are what a client may need that opens its windows. */
  @Test
  void windowUpdates_asManyAsAnswersNeed_areTaken() {
    for (int i = 0; i < 2 * FLOOD / 100; i++) {
      int stream = stream(i);
      client.send(Frames.post(stream, BODY) + Frames.window(0, 1).repeat(80));
      assertThat(client.answer(stream).body()).isEqualTo(BODY);
    }
  }

  @Test
  void dataThatIsEmpty_endsTheConnection() {
    client.send(Frames.headers(1, Frames.postHead()));
    client.sends(Frames.data(1, "").repeat(100));

    assertThat(isThrownOut()).isTrue();
    assertThat(server.calls()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void streamsBeyondTheLimit_areRefused_andTheConnectionGoesOn(boolean settingsConfirmed) {
    if (settingsConfirmed) {
      client.settle();
    }
    for (int i = 0; i < STREAMS; i++) {
      client.send(Frames.post(stream(i), HANGING));
      int begun = i + 1;
      await()
          .atMost(SOON)
          .pollInterval(Duration.ofMillis(5))
          .until(() -> server.calls().size() == begun);
    }

    for (int i = STREAMS; i < STREAMS + 20; i++) {
      client.send(Frames.post(stream(i), HANGING));
    }
    for (int i = STREAMS; i < STREAMS + 20; i++) {
      assertThat(client.answer(stream(i)).reset()).isEqualTo(Frames.REFUSED_STREAM);
    }
    assertThat(server.calls()).hasSize(STREAMS);
    int next = stream(STREAMS + 20);
    client.send(Frames.reset(1) + Frames.post(next, BODY));
    assertThat(client.answer(next).body()).isEqualTo(BODY);
  }

  @Test
  void frameBeyondItsSize_endsTheConnection() {
    client.send(Frames.headers(1, Frames.postHead()));
    client.sends(Frames.data(1, " ".repeat(16_385)));

    client.awaitEnd();
    assertThat(client.goAway().error()).isEqualTo(Frames.FRAME_SIZE_ERROR);
    assertThat(server.calls()).isEmpty();
  }

  @Test
  void bodyBeyondItsLimit_is413_andTheConnectionGoesOn() {
    Gateway small = gateways.start(Setup.of(server.address()).bodyLimit(100_000));
    FrameClient large = gateways.closing(new FrameClient(small));
    large.send(Frames.headers(1, Frames.postHead()));
    large.sendBody(1, "{\"model\":\"base\",\"x\":\"" + "x".repeat(300_000));

    assertThat(large.answer(1).status()).isEqualTo(413);
    assertThat(large.send(Frames.post(3, BODY)).answer(3).body()).isEqualTo(BODY);
    assertThat(server.calls()).hasSize(1);
  }

  /** How much is in the way before it is read differs; none of it goes further. */
  @Test
  void dataBeyondTheWindows_areNotPassedOn() {
    Gateway small = gateways.start(Setup.of(server.address()).bodyLimit(100_000));
    FrameClient hasty = gateways.closing(new FrameClient(small));
    hasty.send(
        Frames.headers(1, Frames.postHead()) + Frames.data(1, "{\"model\":\"base\",\"x\":\""));
    hasty.sends(Frames.data(1, "x".repeat(16_000)).repeat(60));

    hasty.readUntil(() -> hasty.on(1).begun() || hasty.goAway() != null);
    if (hasty.on(1).begun()) {
      assertThat(hasty.answer(1).status()).isEqualTo(413);
    } else {
      assertThat(hasty.goAway().error()).isEqualTo(Frames.FLOW_CONTROL_ERROR);
    }
    assertThat(server.calls()).isEmpty();
    await().atMost(SOON).until(() -> small.proxy().buffered() == 0);
  }
}
