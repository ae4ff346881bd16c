package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.loragateway.registry.QueueSettings;
import dev.loragateway.sim.SimFault;
import dev.loragateway.sim.SimRequest;
import dev.loragateway.sim.SimSettings;
import dev.loragateway.sim.SimulatedServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that wait in the gateway, as the servers and the clients saw it. */
final class QueueTest {
  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private static QueueSettings queue(int capacity, boolean warmUp) {
    QueueSettings d = QueueSettings.DEFAULTS;
    return new QueueSettings(
        capacity, d.bytes(), d.timeout(), d.priorities(), Map.of("gold", "premium"), warmUp, 10);
  }

  private static List<SimRequest> seen(SimulatedServer server) {
    return server.requests().stream().filter(seen -> seen.model() != null).toList();
  }

  private static String id(SimRequest request) {
    return request.headers().get("x-request-id");
  }

  private static int waiting(Gateway gateway) {
    return GatewayExtension.state(gateway).path("pools").path(0).path("queued").asInt();
  }

  private static String chat(String model, String... headers) {
    return Requests.post("/v1/chat/completions", Requests.chatBody(model, 2, false), headers);
  }

  /** A server that answers nothing yet and takes one request at a time. */
  private SimulatedServer server(String... adapters) {
    SimulatedServer server =
        gateways.simulator(
            SimSettings.of("base", adapters).withMaxLoras(adapters.length).withTimeScale(0));
    server.faults().on(SimFault.STALL);
    return server;
  }

  private Gateway gateway(SimulatedServer server, QueueSettings queue) {
    return gateways.start(Setup.of(server.address()).maxInFlight(1).queue(queue));
  }

  /** Sends a request and waits until it is under way, so that the server is saturated. */
  private WireClient saturate(Gateway gateway, String model) {
    WireClient client = gateways.client(gateway).send(chat(model));
    await().atMost(SOON).until(() -> GatewayExtension.inFlight(gateway) == 1);
    return client;
  }

  /** Sends a request and waits until it is the {@code nth} to wait. */
  private WireClient enqueue(Gateway gateway, int nth, String request) {
    WireClient client = gateways.client(gateway).send(request);
    await().atMost(SOON).until(() -> waiting(gateway) == nth);
    return client;
  }

  @Test
  void saturatedPool_requestWaits_andGoesWhenAPlaceComesFree() {
    SimulatedServer server = server("x");
    Gateway gateway = gateway(server, queue(10, false));
    WireClient first = saturate(gateway, "x");
    WireClient second = enqueue(gateway, 1, chat("x"));
    JsonNode queues = GatewayExtension.state(gateway).path("pools").path(0).path("queues");
    assertThat(queues.toString()).isEqualTo("[{\"adapter\":\"x\",\"waiting\":1}]");
    assertThat(seen(server)).hasSize(1);

    server.faults().clear();

    assertThat(first.read().header("x-gateway-tier")).isEqualTo("resident");
    WireResponse waited = second.read();
    assertThat(waited.status()).isEqualTo(200);
    assertThat(waited.header("x-gateway-tier")).isEqualTo("queue");
    assertThat(waited.header("x-gateway-queue-ms")).matches("[0-9]+");
    assertThat(waiting(gateway)).isZero();
    assertThat(GatewayExtension.admin(gateway, "/metrics").text())
        .contains("lora_gateway_queue_seconds_count{pool=\"pool\"} 1")
        .contains("lora_gateway_picks_total{pool=\"pool\",tier=\"queue\"} 1.0");
  }

  @Test
  void severalWait_goInTheOrderInWhichTheyCame() {
    SimulatedServer server = server("x");
    Gateway gateway = gateway(server, queue(10, false));
    WireClient first = saturate(gateway, "x");
    WireClient second = enqueue(gateway, 1, chat("x", "x-request-id: second"));
    WireClient third = enqueue(gateway, 2, chat("x", "x-request-id: third"));

    server.faults().clear();

    for (WireClient client : List.of(first, second, third)) {
      assertThat(client.read().status()).isEqualTo(200);
    }
    assertThat(seen(server)).extracting(QueueTest::id).endsWith("second", "third").hasSize(3);
  }

  @Test
  void premium_goesBeforeThoseWhoCameEarlier() {
    SimulatedServer server = server("x", "gold");
    Gateway gateway = gateway(server, queue(10, false));
    saturate(gateway, "x");
    enqueue(gateway, 1, chat("x", "x-request-id: plain"));
    enqueue(gateway, 2, chat("gold", "x-request-id: of-the-model"));
    enqueue(gateway, 3, chat("x", "x-request-id: of-the-header", "x-gateway-priority: premium"));
    WireClient last =
        enqueue(gateway, 4, chat("x", "x-request-id: batch", "x-gateway-priority: batch"));

    server.faults().clear();

    assertThat(last.read().status()).isEqualTo(200);
    assertThat(seen(server).subList(1, 3))
        .extracting(QueueTest::id)
        .containsExactlyInAnyOrder("of-the-model", "of-the-header");
    assertThat(seen(server).subList(3, 5))
        .extracting(QueueTest::id)
        .containsExactly("plain", "batch");
    assertThat(seen(server))
        .noneMatch(request -> request.headers().containsKey("x-gateway-priority"));
  }

  @Test
  void fullQueue_is429() {
    SimulatedServer server = server("x");
    Gateway gateway = gateway(server, queue(1, false));
    saturate(gateway, "x");
    enqueue(gateway, 1, chat("x"));

    WireResponse refused = gateways.chat(gateway, "x");

    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.errorCode()).isEqualTo("rate_limit_exceeded");
    assertThat(refused.header("retry-after")).isEqualTo("1");
    assertThat(refused.header("retry-after-ms")).isEqualTo("1000");
    assertThat(refused.header("x-should-retry")).isEqualTo("true");
  }

  @Test
  void waitBeyondTheClientsDeadline_is503_andNothingReachesTheServer() {
    SimulatedServer server = server("x");
    Gateway gateway = gateway(server, queue(10, false));
    saturate(gateway, "x");

    WireResponse late = gateways.ask(gateway, chat("x", "X-Gateway-Timeout-Ms: 20"));

    assertThat(late.status()).isEqualTo(503);
    assertThat(late.errorCode()).isEqualTo("queue_timeout");
    assertThat(late.header("x-should-retry")).isEqualTo("true");
    assertThat(waiting(gateway)).isZero();
    server.faults().clear();
    await().atMost(SOON).until(() -> gateways.chat(gateway, "x").status() == 200);
    assertThat(seen(server)).hasSize(2);
  }

  @Test
  void clientThatLeaves_isForgotten() {
    SimulatedServer server = server("x");
    Gateway gateway = gateway(server, queue(10, false));
    WireClient first = saturate(gateway, "x");
    WireClient leaving = enqueue(gateway, 1, chat("x"));
    leaving.close();
    await().atMost(SOON).until(() -> waiting(gateway) == 0);

    server.faults().clear();

    assertThat(first.read().status()).isEqualTo(200);
    assertThat(gateways.chat(gateway, "x").status()).isEqualTo(200);
    assertThat(seen(server)).hasSize(2);
    assertThat(GatewayExtension.inFlight(gateway)).isZero();
  }

  @Test
  void clientThatLeavesUpstream_letsTheNextIn() {
    SimulatedServer server = server("x");
    Gateway gateway = gateway(server, queue(10, false));
    WireClient first = saturate(gateway, "x");
    enqueue(gateway, 1, chat("x", "x-request-id: next"));
    first.close();

    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(seen(server)).extracting(QueueTest::id).endsWith("next"));
  }

  @Test
  void serverSaturatedByOthers_scrapeThatShowsRoomLetsIn() {
    SimulatedServer server =
        gateways.simulator(SimSettings.of("base", "x").withMaxNumSeqs(1).withTimeScale(0));
    server.faults().on(SimFault.STALL);
    for (int i = 0; i < 5; i++) {
      gateways.closing(new WireClient(server.port())).send(Requests.chat("base"));
    }
    Gateway gateway = gateways.start(Setup.of(server.address()).maxWaiting(2));
    await()
        .atMost(SOON)
        .until(
            () -> GatewayExtension.endpoint(gateway, server.address()).path("waiting").asInt() > 2);
    WireClient waiting = enqueue(gateway, 1, chat("x"));

    server.faults().clear();

    assertThat(waiting.read().header("x-gateway-tier")).isEqualTo("queue");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x-gateway-timeout-ms: soon",
        "x-gateway-timeout-ms: -1",
        "x-gateway-timeout-ms: 3600001",
        "x-gateway-priority: platinum"
      })
  void wrongTerms_are400(String header) {
    SimulatedServer server = gateways.simulator("base", "x");
    Gateway gateway = gateways.start(Setup.of(server.address()));

    WireResponse refused = gateways.ask(gateway, chat("x", header));

    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.json().path("error").path("message").asText())
        .contains(header.substring(0, header.indexOf(':')))
        .contains("expected");
    assertThat(seen(server)).isEmpty();
  }

  @Test
  void waitingForAnAdapterThatNobodyHas_loadsItOnceAhead() {
    SimulatedServer server =
        gateways.simulator(
            SimSettings.of("base", "cold", "a", "b").withMaxLoras(2).withTimeScale(0));
    Gateway gateway = gateway(server, queue(10, true));
    assertThat(gateways.chat(gateway, "a").status()).isEqualTo(200);
    await()
        .atMost(SOON)
        .until(
            () ->
                GatewayExtension.endpoint(gateway, server.address()).path("adapterSlots").asInt()
                    == 2);
    server.faults().on(SimFault.STALL);
    saturate(gateway, "a");
    WireClient one = enqueue(gateway, 1, chat("cold"));
    enqueue(gateway, 2, chat("cold"));
    await().atMost(SOON).until(() -> seen(server).size() == 3);

    server.faults().clear();

    assertThat(one.read().status()).isEqualTo(200);
    await().atMost(SOON).until(() -> seen(server).size() == 5);
    assertThat(seen(server))
        .filteredOn(request -> request.path().equals("/v1/completions"))
        .singleElement()
        .extracting(SimRequest::model)
        .isEqualTo("cold");
    assertThat(seen(server).subList(3, 5)).allMatch(SimRequest::resident);
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(GatewayExtension.admin(gateway, "/metrics").text())
                    .contains(
                        "lora_gateway_warmups_total{endpoint=\""
                            + server.address()
                            + "\",loaded=\"true\",pool=\"pool\"} 1.0"));
  }

  @Test
  void retryThatFindsNoRoom_waits() {
    SimulatedServer server = server("x");
    SimulatedServer dying = gateways.simulator("base", "x");
    dying.faults().on(SimFault.RESET_BEFORE_RESPONSE);
    Gateway gateway =
        gateways.start(
            Setup.of(server.address(), dying.address()).maxInFlight(1).queue(queue(10, false)));
    WireClient first = gateways.client(gateway).send(chat("x"));
    await().atMost(SOON).until(() -> seen(server).size() == 1);
    WireClient second = gateways.client(gateway).send(chat("x"));
    await().atMost(SOON).until(() -> waiting(gateway) == 1);

    server.faults().clear();

    assertThat(first.read().status()).isEqualTo(200);
    WireResponse retried = second.read();
    assertThat(retried.status()).isEqualTo(200);
    assertThat(retried.header("x-gateway-attempts")).isEqualTo("2");
    assertThat(retried.header("x-gateway-tier")).isEqualTo("queue");
  }

  @Test
  void drain_waitsForThoseWhoWait() {
    SimulatedServer server = server("x");
    Gateway gateway = gateway(server, queue(10, false));
    WireClient first = saturate(gateway, "x");
    WireClient second = enqueue(gateway, 1, chat("x"));
    Thread drain = Thread.ofVirtual().start(gateway::drain);
    server.faults().clear();

    assertThat(first.read().status()).isEqualTo(200);
    assertThat(second.read().status()).isEqualTo(200);
    await().atMost(Duration.ofSeconds(30)).until(() -> !drain.isAlive());
  }
}
