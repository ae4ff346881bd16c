package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.access.AccessSettings;
import dev.loragateway.access.Caller;
import dev.loragateway.access.ModelPatterns;
import dev.loragateway.access.RateLimits;
import dev.loragateway.access.RedisServer;
import dev.loragateway.sim.SimulatedServer;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Two gateways and one Redis, as clients see them. */
@Tag("conformance")
final class SharedLimitsGatewayTest {
  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private static final String KEY = "sk-shared";

  private final RedisServer redis = gateways.closing(new RedisServer());
  private final SimulatedServer server = gateways.simulator("base");

  private Gateway gateway() {
    Caller caller = new Caller("k", "t", ModelPatterns.ALL, new RateLimits(4, 0, 0), null, true);
    return gateways.start(
        Setup.of(server.address())
            .access(new AccessSettings(true, List.of(AccessTest.key(KEY, caller, null))))
            .redis(redis.settings()));
  }

  private int ask(Gateway gateway) {
    return gateways
        .ask(
            gateway,
            Requests.post(
                "/v1/chat/completions",
                Requests.chatBody("base", 1, false),
                "Authorization: Bearer " + KEY))
        .status();
  }

  private static boolean shares(Gateway gateway) {
    return GatewayExtension.admin(gateway, "/metrics")
        .text()
        .contains("lora_gateway_limit_syncs_total{ok=\"true\"}");
  }

  @Test
  void whatIsUsedAtOne_theOtherRefuses_andWithoutRedis_eachCountsByItself() {
    Gateway one = gateway();
    Gateway other = gateway();
    await().atMost(SOON).until(() -> shares(one) && shares(other));
    assertThat(ask(other)).isEqualTo(200);
    for (int i = 0; i < 3; i++) {
      assertThat(ask(one)).isEqualTo(200);
    }

    await().atMost(SOON).until(() -> ask(other) == 429);

    redis.close();
    Gateway alone = gateway();
    for (int i = 0; i < 4; i++) {
      assertThat(ask(alone)).isEqualTo(200);
    }
    assertThat(ask(alone)).isEqualTo(429);
  }
}
