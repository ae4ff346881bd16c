package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.loragateway.adapters.AdapterSettings;
import dev.loragateway.config.GatewayConfig;
import dev.loragateway.sim.SimRequest;
import dev.loragateway.sim.SimSettings;
import dev.loragateway.sim.SimulatedServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Starting and stopping. */
final class GatewayTest {
  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private static GatewayConfig listening(InetSocketAddress clients, InetSocketAddress operators) {
    GatewayConfig any = Setup.of().build();
    return new GatewayConfig(
        clients,
        new GatewayConfig.Admin(operators, null),
        any.pools(),
        any.upstream(),
        any.proxy(),
        any.drain(),
        any.annotations(),
        null,
        null,
        AdapterSettings.NONE,
        null);
  }

  @Test
  void start_portIsTaken_saysWhichKeyAndAddress() throws IOException {
    InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
    ServerSocket taken = gateways.closing(new ServerSocket(0, 50, loopback));
    InetSocketAddress busy = new InetSocketAddress(loopback, taken.getLocalPort());
    InetSocketAddress free = new InetSocketAddress(loopback, 0);

    assertThatThrownBy(() -> Gateway.start(listening(busy, free)))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("listen: ")
        .hasMessageContaining("127.0.0.1:" + taken.getLocalPort());
    assertThatThrownBy(() -> Gateway.start(listening(free, busy)))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("admin.listen: ")
        .hasMessageContaining("127.0.0.1:" + taken.getLocalPort());
  }

  @Test
  void close_requestsUnderWay_areCancelledAndNothingIsHeld() {
    SimulatedServer server =
        gateways.simulator(SimSettings.of("base", "x").withTokenTime(Duration.ofMillis(5)));
    Gateway gateway = gateways.start(Setup.of(server.address()));
    WireClient streaming = gateways.client(gateway).send(Requests.stream("x", 30_000));
    streaming.readHead();
    gateways.client(gateway).send(Requests.chat("x", 30_000) + Requests.chat("base"));
    String half = Requests.chat("x");
    gateways.client(gateway).send(half.substring(0, half.length() - 3));
    await().atMost(SOON).until(() -> GatewayExtension.inFlight(gateway) == 2);
    await().atMost(SOON).until(() -> gateway.proxy().connections() == 3);

    gateway.close();

    assertThat(gateway.proxy().active()).isZero();
    assertThat(gateway.proxy().buffered()).isZero();
    assertThat(gateway.proxy().connections()).isZero();
    await()
        .atMost(SOON)
        .until(
            () ->
                server.requests().stream()
                    .filter(seen -> "x".equals(seen.model()))
                    .allMatch(SimRequest::aborted));
  }

  @Test
  void close_twice_isTheSameAsOnce() {
    Gateway gateway = gateways.launch(Setup.of());

    gateway.close();
    gateway.close();

    assertThat(gateway.proxy().connections()).isZero();
  }
}
