package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.registry.RoutingPolicy;
import dev.loragateway.sim.SimFault;
import dev.loragateway.sim.SimulatedServer;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One endpoint whose metrics page is unusable delays neither requests nor other endpoints. */
final class ScrapeFaultTest {
  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private static long scrapes(SimulatedServer server) {
    return server.requests().stream().filter(seen -> seen.path().equals("/metrics")).count();
  }

  @ParameterizedTest
  @CsvSource({
    "GARBAGE_METRICS, 0",
    "DROP_METRICS, 0",
    "HUGE_METRICS, 50000000",
    "SLOW_METRICS, 600000"
  })
  void metricsOfOneEndpoint_unusable_bothServeAndTheOtherIsScraped(SimFault fault, long value) {
    SimulatedServer bad = gateways.simulator("base", "x");
    SimulatedServer good = gateways.simulator("base", "x");
    bad.faults().on(fault, value);
    Gateway gateway =
        gateways.start(
            Setup.of(bad.address(), good.address())
                .policy(RoutingPolicy.ROUND_ROBIN)
                .scrapeTimeout(Duration.ofSeconds(1)));
    long before = scrapes(good);

    Set<String> used = new HashSet<>();
    for (int i = 0; i < 10; i++) {
      WireResponse answer = gateways.chat(gateway, "x");
      assertThat(answer.status()).isEqualTo(200);
      used.add(answer.endpoint());
    }

    assertThat(used).containsExactlyInAnyOrder(bad.address(), good.address());
    await().atMost(SOON).until(() -> scrapes(good) >= before + 3);
    assertThat(GatewayExtension.endpoint(gateway, bad.address()).path("running").isNull()).isTrue();
  }
}
