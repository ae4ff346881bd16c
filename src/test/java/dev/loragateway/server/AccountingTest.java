package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.loragateway.sim.SimFault;
import dev.loragateway.sim.SimSettings;
import dev.loragateway.sim.SimulatedServer;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** After any mix of successes, faults, retries and clients that leave, nothing counts as held. */
final class AccountingTest {
  private static final int CLIENTS = 12;
  private static final int REQUESTS = 25;
  private static final SimFault[] FAULTS = {
    SimFault.RESET_BEFORE_RESPONSE,
    SimFault.RESET_MID_STREAM,
    SimFault.TRUNCATE_CHUNKED,
    SimFault.STATUS_500,
    SimFault.HANG
  };

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void counts_afterARandomMix_areZero(long seed) throws InterruptedException {
    SimSettings settings =
        SimSettings.of("base", "a", "b", "c").withMaxLoras(2).withTokenTime(Duration.ofMillis(1));
    List<SimulatedServer> servers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      servers.add(gateways.simulator(settings));
    }
    Gateway gateway =
        gateways.start(
            Setup.of(servers.stream().map(SimulatedServer::address).toArray(String[]::new))
                .firstByte(Duration.ofMillis(300)));
    List<Thread> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      Random random = new Random(seed * 1000 + i);
      clients.add(Thread.startVirtualThread(() -> misbehave(gateway, servers, random)));
    }
    for (Thread client : clients) {
      assertThat(client.join(Duration.ofSeconds(60))).isTrue();
    }
    servers.forEach(server -> server.faults().clear());

    await().atMost(SOON).until(() -> gateway.proxy().active() == 0);
    assertThat(GatewayExtension.inFlight(gateway)).isZero();
    assertThat(gateway.proxy().buffered()).isZero();
    assertThat(gateway.proxy().retrying()).isZero();
    await().atMost(SOON).until(() -> gateway.proxy().connections() == 0);
    for (JsonNode endpoint : GatewayExtension.state(gateway).at("/pools/0/endpoints")) {
      for (JsonNode adapter : endpoint.path("adapters")) {
        assertThat(adapter.path("inFlight").asInt()).isZero();
      }
    }
    assertThat(servers).anyMatch(s -> s.requests().stream().anyMatch(r -> r.aborted()));
    await().atMost(SOON).until(() -> gateways.chat(gateway, "a").status() == 200);
  }

  private static void misbehave(Gateway gateway, List<SimulatedServer> servers, Random random) {
    for (int i = 0; i < REQUESTS; i++) {
      if (random.nextInt(3) == 0) {
        SimFault fault = FAULTS[random.nextInt(FAULTS.length)];
        servers.get(random.nextInt(servers.size())).faults().on(fault, random.nextInt(4), 1);
      }
      if (random.nextInt(20) == 0) {
        servers.get(random.nextInt(servers.size())).faults().loseAdapter("c");
      }
      try (WireClient client = new WireClient(gateway.port())) {
        one(client, random);
      } catch (UncheckedIOException e) {
        // A stream that was cut off on purpose.
      }
    }
  }

  private static void one(WireClient client, Random random) {
    String model = List.of("a", "b", "c", "base", "nobody").get(random.nextInt(5));
    String request =
        random.nextBoolean()
            ? Requests.stream(model, 1 + random.nextInt(20))
            : Requests.chat(model, 1 + random.nextInt(20));
    switch (random.nextInt(6)) {
      case 0 -> client.send(request.substring(0, random.nextInt(request.length())));
      case 1 -> client.send(request).reset();
      case 2 -> client.send(request + request).readHead();
      default -> client.send(request).read();
    }
  }
}
