package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.registry.RoutingPolicy;
import dev.loragateway.sim.SimulatedServer;
import java.io.ByteArrayOutputStream;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Another configuration while requests are under way. */
final class ReloadTest {
  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private static String health(Gateway gateway, SimulatedServer server) {
    return GatewayExtension.endpoint(gateway, server.address()).path("health").asText();
  }

  @Test
  void reload_removesTheEndpointOfAStream_theStreamGoesOn() throws InterruptedException {
    CountDownLatch more = new CountDownLatch(1);
    RawUpstream old =
        gateways.upstream(
            call -> {
              call.stream().chunk("data: 1\n\n");
              assertThat(more.await(10, TimeUnit.SECONDS)).isTrue();
              call.chunk("data: [DONE]\n\n").chunk("");
            });
    SimulatedServer next = gateways.simulator("base", "lora");
    Gateway gateway = gateways.start(Setup.of(old.address()));
    WireClient client = gateways.client(gateway);
    WireResponse head = client.send(Requests.stream("lora", 2)).readHead();
    client.readChunk();

    gateway.reload(Setup.of(next.address()).policy(RoutingPolicy.ROUND_ROBIN).build());
    await().atMost(SOON).until(() -> health(gateway, next).equals("up"));
    assertThat(gateways.chat(gateway, "lora").endpoint()).isEqualTo(next.address());
    more.countDown();
    ByteArrayOutputStream rest = new ByteArrayOutputStream();

    assertThat(client.readBody(head, rest)).isTrue();
    assertThat(rest.toString(java.nio.charset.StandardCharsets.UTF_8)).contains("[DONE]");
    await().atMost(SOON).until(() -> gateway.proxy().active() == 0);
    assertThat(client.send(Requests.chat("lora")).read().endpoint()).isEqualTo(next.address());
  }

  @Test
  void reload_addsAnEndpointAndAPolicy_requestsUseBoth() {
    SimulatedServer a = gateways.simulator("base", "lora");
    SimulatedServer b = gateways.simulator("base", "lora");
    Gateway gateway = gateways.start(Setup.of(a.address()).policy(RoutingPolicy.HASH));
    assertThat(gateways.chat(gateway, "lora").endpoint()).isEqualTo(a.address());

    gateway.reload(Setup.of(a.address(), b.address()).policy(RoutingPolicy.ROUND_ROBIN).build());
    await().atMost(SOON).until(() -> health(gateway, b).equals("up"));

    Set<String> used = new HashSet<>();
    for (int i = 0; i < 4; i++) {
      used.add(gateways.chat(gateway, "lora").endpoint());
    }
    assertThat(used).containsExactlyInAnyOrder(a.address(), b.address());
  }

  @Test
  void reload_removesThePool_itsModelsAreUnknown() {
    SimulatedServer a = gateways.simulator("one", "x");
    SimulatedServer b = gateways.simulator("two", "y");
    Gateway gateway =
        gateways.start(Setup.of().pool("p1", "one", a.address()).pool("p2", "two", b.address()));
    assertThat(gateways.chat(gateway, "y").status()).isEqualTo(200);

    gateway.reload(Setup.of().pool("p1", "one", a.address()).build());

    assertThat(gateways.chat(gateway, "y").status()).isEqualTo(404);
    assertThat(gateways.chat(gateway, "x").status()).isEqualTo(200);
  }

  @Test
  void reload_aliasesAndLimits_areInForceAtOnce() {
    SimulatedServer a = gateways.simulator("base", "x");
    Gateway gateway = gateways.start(Setup.of(a.address()));
    assertThat(gateways.chat(gateway, "friend").status()).isEqualTo(404);

    gateway.reload(Setup.of(a.address()).aliases(Map.of("friend", "x")).build());
    assertThat(gateways.chat(gateway, "friend").status()).isEqualTo(200);

    gateway.reload(Setup.of(a.address()).bodyLimit(10).build());
    assertThat(gateways.chat(gateway, "x").status()).isEqualTo(413);
  }

  @Test
  void reload_whileRequestsCome_noneFails() throws InterruptedException {
    SimulatedServer a = gateways.simulator("base", "x");
    SimulatedServer b = gateways.simulator("base", "x");
    Gateway gateway = gateways.start(Setup.of(a.address(), b.address()));
    Set<Integer> statuses = java.util.concurrent.ConcurrentHashMap.newKeySet();
    CountDownLatch done = new CountDownLatch(1);
    Thread asking =
        Thread.startVirtualThread(
            () -> {
              try (WireClient client = new WireClient(gateway.port())) {
                for (int i = 0; i < 300; i++) {
                  statuses.add(client.send(Requests.chat("x")).read().status());
                }
              } finally {
                done.countDown();
              }
            });

    while (done.getCount() > 0) {
      for (RoutingPolicy policy : RoutingPolicy.values()) {
        gateway.reload(Setup.of(a.address(), b.address()).policy(policy).build());
      }
    }

    assertThat(asking.join(SOON)).isTrue();
    assertThat(statuses).containsExactly(200);
  }
}
