package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.sim.SimulatedServer;
import java.io.UncheckedIOException;
import java.time.Duration;
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
    assertThat(answer.errorCode()).isEqualTo("request_timeout");
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
  void headThatDoesNotEnd_isClosed() {
    Gateway gateway = gateways.start(Setup.of(server.address()).keepAlive(SHORT));
    WireClient client =
        gateways.client(gateway).send("POST /v1/chat/completions HTTP/1.1\r\nHost: ");

    client.awaitEnd();
    await().atMost(SOON).until(() -> gateway.proxy().connections() == 0);
  }

  @Test
  void headThatTrickles_isClosed() {
    Gateway gateway = gateways.start(Setup.of(server.address()).keepAlive(SHORT));
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

  private static void trickle(WireClient client) {
    try {
      client.send("a");
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
