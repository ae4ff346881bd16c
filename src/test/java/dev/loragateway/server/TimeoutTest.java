package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.proxy.ProxySettings.Differing;
import dev.loragateway.proxy.ProxySettings.Timeouts;
import dev.loragateway.sim.SimulatedServer;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Clients that keep the gateway waiting. */
final class TimeoutTest {
  private static final Duration SHORT = Duration.ofMillis(500);

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private SimulatedServer server;

  @BeforeEach
  void start() {
    server = gateways.simulator("base");
  }

  @Test
  void bodyThatDoesNotCome_is408AndTheEnd() {
    Gateway gateway = gateways.start(Setup.of(server.address()).idle(SHORT));
    String request = Requests.chat("base");
    WireClient client = gateways.client(gateway).send(request.substring(0, request.length() - 5));

    WireResponse answer = client.read();

    assertThat(answer.status()).isEqualTo(408);
    assertThat(answer.errorCode()).isEqualTo("request_body_timeout");
    client.awaitEnd();
    assertThat(gateway.proxy().buffered()).isZero();
  }

  @Test
  void idleConnection_isClosed() {
    Gateway gateway = gateways.start(Setup.of(server.address()).keepAlive(SHORT));
    WireClient client = gateways.client(gateway);
    assertThat(client.send(Requests.chat("base")).read().status()).isEqualTo(200);

    client.awaitEnd();
  }

  @Test
  void headThatDoesNotEnd_is408AndTheEnd() {
    Gateway gateway = gateways.start(Setup.of(server.address()).requestHeader(SHORT));
    WireClient client =
        gateways.client(gateway).send("POST /v1/chat/completions HTTP/1.1\r\nHost: ");

    WireResponse answer = client.read();

    assertThat(answer.status()).isEqualTo(408);
    assertThat(answer.errorCode()).isEqualTo("request_header_timeout");
    client.awaitEnd();
    await().atMost(SOON).until(() -> gateway.proxy().connections() == 0);
  }

  @Test
  void connectionThatIdlesAfterALocalAnswer_isNoUnfinishedHead() {
    Gateway gateway = gateways.start(Setup.of(server.address()).requestHeader(SHORT));
    WireClient client = gateways.client(gateway);
    assertThat(client.send(Requests.get("/v1/models")).read().status()).isEqualTo(200);
    WireClient slow = gateways.client(gateway).send("POST /v1/chat/completions HTTP/1.1\r\nHost: ");

    assertThat(slow.read().status()).isEqualTo(408);

    assertThat(client.send(Requests.chat("base")).read().status()).isEqualTo(200);
  }

  @Test
  void headThatTrickles_isClosed() {
    Gateway gateway = gateways.start(Setup.of(server.address()).requestHeader(SHORT));
    WireClient client =
        gateways.client(gateway).send("POST /v1/chat/completions HTTP/1.1\r\nHost: ");

    await()
        .atMost(SOON)
        .pollInterval(SHORT.dividedBy(10))
        .until(
            () -> {
              trickle(client);
              return gateway.proxy().connections() == 0;
            });
  }

  @Test
  void bodyThatTrickles_is408() {
    Gateway gateway = gateways.start(Setup.of(server.address()).requestBody(SHORT));
    String request = Requests.chat("base");
    int head = request.indexOf("\r\n\r\n") + 4;
    WireClient client = gateways.client(gateway).send(request.substring(0, head));
    AtomicInteger at = new AtomicInteger(head);

    await()
        .atMost(SOON)
        .pollInterval(SHORT.dividedBy(10))
        .until(
            () -> {
              int next = at.getAndIncrement();
              if (next < request.length() - 1) {
                trickle(client, request.substring(next, next + 1));
              }
              return gateway.proxy().active() == 0;
            });

    assertThat(client.read().errorCode()).isEqualTo("request_body_timeout");
  }

  @Test
  void timeouts_ofPoolAndPath_goBeforeTheGeneralOnes() {
    RawUpstream hanging = gateways.upstream(RawUpstream.Call::awaitEnd);
    Differing quick = new Differing(SHORT, null, null);
    Timeouts general = Timeouts.DEFAULTS;
    Gateway ofPool =
        gateways.start(
            Setup.of(hanging.address())
                .timeouts(timeouts(general, Map.of("pool", quick), Map.of())));
    Gateway ofPath =
        gateways.start(
            Setup.of(hanging.address())
                .timeouts(
                    timeouts(
                        general,
                        Map.of("pool", new Differing(Duration.ofHours(1), null, null)),
                        Map.of("/v1/chat/completions", quick))));

    for (Gateway gateway : List.of(ofPool, ofPath)) {
      WireResponse answer = gateways.chat(gateway, "base");

      assertThat(answer.status()).isEqualTo(504);
      assertThat(answer.errorCode()).isEqualTo("first_byte_timeout");
    }
  }

  @Test
  void warmUp_takesTheTimeoutOfItsPool() {
    RawUpstream slow =
        gateways.upstream(
            call -> {
              if (call.body().contains("first")) {
                call.reply(200, "application/json", "{}");
              } else {
                call.awaitEnd();
              }
            });
    slow.addColdAdapter();
    Timeouts general = Timeouts.DEFAULTS;
    Gateway gateway =
        gateways.start(
            Setup.of(slow.address())
                .maxInFlight(1)
                .timeouts(
                    timeouts(
                        general,
                        Map.of("pool", new Differing(SHORT, null, null)),
                        Map.of(
                            "/v1/chat/completions",
                            new Differing(Duration.ofMinutes(1), null, null)))));
    String first = "{\"model\":\"lora\",\"prompt\":\"first\"}";
    assertThat(gateways.ask(gateway, Requests.post("/v1/completions", first)).status())
        .isEqualTo(200);
    gateways.client(gateway).send(Requests.chat("base"));
    await().atMost(SOON).until(() -> slow.calls().size() == 2);
    gateways.client(gateway).send(Requests.chat("cold"));

    await()
        .atMost(SOON)
        .until(
            () ->
                GatewayExtension.admin(gateway, "/metrics")
                    .text()
                    .contains(
                        "lora_gateway_warmups_total{endpoint=\""
                            + slow.address()
                            + "\",loaded=\"false\",pool=\"pool\"} 1.0"));
  }

  private static Timeouts timeouts(
      Timeouts general, Map<String, Differing> pools, Map<String, Differing> routes) {
    return new Timeouts(
        general.answer(),
        pools,
        routes,
        general.requestHeader(),
        general.requestBody(),
        general.keepAlive());
  }

  private static void trickle(WireClient client) {
    trickle(client, "a");
  }

  private static void trickle(WireClient client, String bytes) {
    try {
      client.send(bytes);
    } catch (UncheckedIOException e) {
      // closed, which is what is waited for
    }
  }

  @Test
  void timeoutOfZero_isOff() {
    Gateway gateway =
        gateways.start(
            Setup.of(server.address())
                .keepAlive(Duration.ZERO)
                .idle(Duration.ZERO)
                .firstByte(Duration.ZERO)
                .total(Duration.ZERO));
    WireClient client = gateways.client(gateway);

    for (int i = 0; i < 3; i++) {
      assertThat(client.send(Requests.stream("base", 3)).read().events()).endsWith("[DONE]");
    }
  }
}
