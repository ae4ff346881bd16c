package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.sim.SimFault;
import dev.loragateway.sim.SimSettings;
import dev.loragateway.sim.SimulatedServer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Who is refused when the gateway comes to its limits, as clients and servers saw it. */
final class OverloadTest {
  private static final String HEAD_ONLY =
      "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n";

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private final SimulatedServer server =
      gateways.simulator(SimSettings.of("base", "x").withTimeScale(0));

  private static String chat(String priority) {
    return Requests.post(
        "/v1/chat/completions",
        Requests.chatBody("x", 2, false),
        "x-gateway-priority: " + priority);
  }

  private long seen() {
    return server.requests().stream().filter(request -> request.model() != null).count();
  }

  private void assertRefused(WireResponse answer, String why) {
    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.text()).contains("\"code\":\"overloaded\"").contains(why);
    assertThat(answer.header("retry-after")).isEqualTo("1");
    assertThat(answer.header("x-should-retry")).isEqualTo("true");
  }

  @Test
  void nearTheLimitOfRequests_theyAreRefusedByTheirClass() {
    server.faults().on(SimFault.STALL);
    Gateway gateway = gateways.start(Setup.of(server.address()).overload(4, 1));
    List<WireClient> under = new ArrayList<>();
    for (String priority : List.of("batch", "batch")) {
      under.add(begin(gateway, priority));
    }

    assertRefused(gateways.ask(gateway, chat("batch")), "limits.requests");
    under.add(begin(gateway, "standard"));
    assertRefused(gateways.ask(gateway, chat("standard")), "limits.requests");
    under.add(begin(gateway, "premium"));
    assertRefused(gateways.ask(gateway, HEAD_ONLY), "limits.requests");
    await().atMost(SOON).until(() -> gateway.proxy().active() == 4);
    assertThat(gateways.ask(gateway, Requests.get("/health")).status()).isEqualTo(200);
    assertThat(seen()).isEqualTo(4);
    await().atMost(SOON).until(() -> gateway.proxy().active() == 4);
    assertThat(GatewayExtension.admin(gateway, "/metrics").text())
        .contains("lora_gateway_pressure{resource=\"requests\"} 1.0")
        .contains("lora_gateway_rejections_total{reason=\"overloaded\"} 3.0");

    server.faults().clear();
    under.forEach(client -> assertThat(client.read().status()).isEqualTo(200));
    await().atMost(SOON).until(() -> gateway.proxy().active() == 0);
    assertThat(gateways.ask(gateway, chat("batch")).status()).isEqualTo(200);
  }

  private WireClient begin(Gateway gateway, String priority) {
    long before = seen();
    await().atMost(SOON).until(() -> gateway.proxy().active() == before);
    WireClient client = gateways.client(gateway).send(chat(priority));
    await().atMost(SOON).until(() -> seen() == before + 1);
    return client;
  }

  @Test
  void bodiesOfOthers_countTowardsTheLimit_theOwnDoesNot() {
    Gateway gateway =
        gateways.start(Setup.of(server.address()).bufferedLimit(2000).overload(100, 1));
    String large =
        Requests.post(
            "/v1/chat/completions",
            Requests.chatBody("x", 2, false).replace("Hello", "Hello" + "!".repeat(1500)),
            "x-gateway-priority: batch");
    assertThat(large.length()).isGreaterThan(1500);
    assertThat(gateways.ask(gateway, large).status()).isEqualTo(200);

    server.faults().on(SimFault.STALL);
    gateways.client(gateway).send(large);
    await().atMost(SOON).until(() -> seen() == 2);

    assertRefused(gateways.ask(gateway, chat("batch")), "limits.buffered");
  }

  @Test
  void shortOfMemoryForBuffers_everybodyIsRefusedBeforeTheBody_untilItIsThereAgain() {
    Gateway gateway = gateways.start(Setup.of(server.address()).overload(100, 0.5));
    assertThat(gateways.ask(gateway, chat("premium")).status()).isEqualTo(200);

    ByteBuf held = PooledByteBufAllocator.DEFAULT.directBuffer(300 << 20);
    try {
      await()
          .atMost(SOON)
          .untilAsserted(() -> assertRefused(gateways.ask(gateway, HEAD_ONLY), "limits.memory"));
    } finally {
      held.release();
    }

    await()
        .atMost(SOON)
        .untilAsserted(
            () -> assertThat(gateways.ask(gateway, chat("batch")).status()).isEqualTo(200));
  }
}
