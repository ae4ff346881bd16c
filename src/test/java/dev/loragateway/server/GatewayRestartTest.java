package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.sim.SimSettings;
import dev.loragateway.sim.SimulatedServer;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Two gateways behind a balancer that are replaced one after the other, as clients see it. */
final class GatewayRestartTest {
  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private final SimulatedServer server =
      gateways.simulator(SimSettings.of("base", "lora").withTokenTime(Duration.ofMillis(5)));
  private final TcpBalancer balancer = gateways.closing(new TcpBalancer());

  private Gateway join() {
    Gateway gateway =
        gateways.start(
            Setup.of(server.address()).drain(Duration.ofSeconds(1), Duration.ofSeconds(30)));
    balancer.add(gateway);
    await().atMost(SOON).until(() -> balancer.uses(gateway));
    return gateway;
  }

  @Test
  void bothReplaced_underLoad_noRequestFails() {
    Gateway first = join();
    Gateway second = join();
    SteadyClients clients = gateways.closing(new SteadyClients(balancer.port(), "lora", 6, 4));
    clients.awaitMore(50);

    for (Gateway old : new Gateway[] {first, second}) {
      join();
      int before = clients.plain() + clients.streams();
      old.drain();
      balancer.remove(old);
      assertThat(clients.plain() + clients.streams()).isGreaterThan(before);
      clients.awaitMore(50);
    }
    clients.close();

    assertThat(clients.failures()).isEmpty();
    assertThat(clients.streams()).isPositive();
  }
}
