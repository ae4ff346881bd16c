package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.registry.OutlierSettings;
import dev.loragateway.registry.RoutingPolicy;
import dev.loragateway.sim.SimFault;
import dev.loragateway.sim.SimulatedServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class OutlierTest {
  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private static OutlierSettings outOf(int errors, Duration ejection) {
    return new OutlierSettings(errors, ejection, ejection.multipliedBy(10), 50, Duration.ZERO);
  }

  private Gateway roundRobin(OutlierSettings outlier, SimulatedServer... servers) {
    String[] addresses =
        List.of(servers).stream().map(SimulatedServer::address).toArray(String[]::new);
    return gateways.start(
        Setup.of(addresses).policy(RoutingPolicy.ROUND_ROBIN).maxRetries(0).outlier(outlier));
  }

  private static long chats(SimulatedServer server) {
    return server.requests().stream().filter(r -> r.method().equals("POST")).count();
  }

  private static String health(Gateway gateway, SimulatedServer server) {
    return GatewayExtension.endpoint(gateway, server.address()).path("health").asText();
  }

  private List<Integer> statuses(Gateway gateway, String model, int requests) {
    List<Integer> statuses = new ArrayList<>();
    for (int i = 0; i < requests; i++) {
      statuses.add(gateways.chat(gateway, model).status());
    }
    return statuses;
  }

  private void failUntilEjected(Gateway gateway, SimulatedServer server) {
    await()
        .atMost(SOON)
        .until(
            () -> {
              gateways.chat(gateway, "base");
              return health(gateway, server).equals("ejected");
            });
  }

  @Test
  void endpointThatFailsAgainAndAgain_getsNoneForAWhile_thenComesBack() {
    SimulatedServer bad = gateways.simulator("base");
    SimulatedServer good = gateways.simulator("base");
    Gateway gateway = roundRobin(outOf(3, Duration.ofMillis(500)), bad, good);
    bad.faults().on(SimFault.STATUS_500);

    failUntilEjected(gateway, bad);

    String metrics = GatewayExtension.admin(gateway, "/metrics").text();
    assertThat(metrics)
        .contains(
            "lora_gateway_ejections_total{endpoint=\"%s\",pool=\"pool\"} 1.0"
                .formatted(bad.address()));
    bad.faults().clear();
    await().atMost(SOON).until(() -> health(gateway, bad).equals("up"));
    assertThat(statuses(gateway, "base", 4)).containsOnly(200);
  }

  @Test
  void ejectedEndpoint_getsNoRequests() {
    SimulatedServer bad = gateways.simulator("base");
    SimulatedServer good = gateways.simulator("base");
    Gateway gateway = roundRobin(outOf(3, Duration.ofHours(1)), bad, good);
    bad.faults().on(SimFault.STATUS_500);
    failUntilEjected(gateway, bad);
    long before = chats(bad);

    assertThat(statuses(gateway, "base", 10)).containsOnly(200);

    assertThat(chats(bad)).isEqualTo(before);
  }

  @Test
  void successInBetween_startsTheCountAgain() {
    SimulatedServer bad = gateways.simulator("base");
    SimulatedServer good = gateways.simulator("base");
    Gateway gateway = roundRobin(outOf(3, Duration.ofHours(1)), bad, good);

    for (int i = 0; i < 4; i++) {
      bad.faults().on(SimFault.STATUS_500);
      statuses(gateway, "base", 4);
      bad.faults().clear();
      statuses(gateway, "base", 2);
    }

    assertThat(health(gateway, bad)).isEqualTo("up");
  }

  @Test
  void lastEndpoint_isNeverEjected() {
    SimulatedServer one = gateways.simulator("base");
    SimulatedServer other = gateways.simulator("base");
    Gateway gateway = roundRobin(outOf(1, Duration.ofHours(1)), one, other);
    one.faults().on(SimFault.STATUS_500);
    other.faults().on(SimFault.STATUS_500);

    assertThat(statuses(gateway, "base", 10)).containsOnly(500);

    assertThat(List.of(health(gateway, one), health(gateway, other)))
        .containsExactlyInAnyOrder("ejected", "up");
  }

  @Test
  void adapterThatOnlyAnEjectedEndpointServes_isStillServed() {
    SimulatedServer bad = gateways.simulator("base", "only-here");
    SimulatedServer good = gateways.simulator("base");
    Gateway gateway = roundRobin(outOf(1, Duration.ofHours(1)), bad, good);
    bad.faults().on(SimFault.STATUS_500);
    failUntilEjected(gateway, bad);
    bad.faults().clear();

    assertThat(gateways.chat(gateway, "only-here").status()).isEqualTo(200);
  }

  @Test
  void clientsMistakes_doNotCount() {
    RawUpstream strict =
        gateways.upstream(
            call -> call.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
    RawUpstream other =
        gateways.upstream(
            call -> call.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
    Gateway gateway =
        gateways.start(
            Setup.of(strict.address(), other.address()).outlier(outOf(1, Duration.ofHours(1))));

    assertThat(statuses(gateway, "lora", 10)).containsOnly(400);

    for (RawUpstream server : List.of(strict, other)) {
      assertThat(GatewayExtension.endpoint(gateway, server.address()).path("health").asText())
          .isEqualTo("up");
    }
  }
}
