package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static dev.loragateway.server.TokenTest.current;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import dev.loragateway.access.AccessSettings;
import dev.loragateway.access.Caller;
import dev.loragateway.access.Issuer;
import dev.loragateway.access.JwtSettings;
import dev.loragateway.access.KeysSecret;
import dev.loragateway.access.ModelPatterns;
import dev.loragateway.access.RateLimits;
import dev.loragateway.kubernetes.Secrets;
import dev.loragateway.sim.SimulatedServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/** A gateway whose keys are in a Secret. */
@ResourceLock(Resources.SYSTEM_PROPERTIES)
final class KeysSecretTest {
  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private static final Issuer ISSUER = Issuer.ec("k");

  private MockCluster mock;
  private Secrets secrets;
  private SimulatedServer server;

  @BeforeEach
  void start(@TempDir Path directory) throws IOException {
    mock = new MockCluster(directory);
    secrets = new Secrets(mock.client(), "llm");
    server = gateways.simulator("base");
  }

  @AfterEach
  void stop() {
    mock.close();
  }

  private Gateway gateway(String secret, @Nullable JwtSettings jwt) {
    Gateway gateway = gateways.launch(setup(secret, jwt));
    await()
        .atMost(SOON)
        .until(
            () ->
                GatewayExtension.endpoint(gateway, server.address())
                    .path("health")
                    .asText()
                    .equals("up"));
    return gateway;
  }

  private Setup setup(String secret, @Nullable JwtSettings jwt) {
    return Setup.of(server.address())
        .access(new AccessSettings(true, List.of(), new KeysSecret("", secret, "keys.yaml"), jwt));
  }

  /** The content of a Secret with this key alone. */
  private static String keys(String key) {
    Caller any = new Caller("k", "k", ModelPatterns.ALL, RateLimits.NONE, null, true);
    return "keys: [ { name: k, sha256: %s } ]".formatted(AccessTest.key(key, any, null).sha256());
  }

  private int status(Gateway gateway, String key) {
    return gateways.ask(gateway, TokenTest.chat(key, "base")).status();
  }

  private void awaitStatus(Gateway gateway, String key, int status) {
    await().atMost(SOON).until(() -> status(gateway, key) == status);
  }

  @Test
  void secret_thatIsNotThereYet_letsNobodyIn() {
    Gateway gateway = gateway("keys", null);

    WireResponse early = gateways.ask(gateway, TokenTest.chat("sk-1", "base"));
    assertThat(early.status()).isEqualTo(503);
    assertThat(early.errorCode()).isEqualTo("authentication_unavailable");
    assertThat(gateways.ask(gateway, Requests.chat("base")).status()).isEqualTo(401);
    assertThat(GatewayExtension.admin(gateway, "/readyz").status()).isEqualTo(503);
    secrets.write("keys", keys("sk-1"));

    awaitStatus(gateway, "sk-1", 200);
    assertThat(status(gateway, "sk-2")).isEqualTo(401);
    await().atMost(SOON).until(gateway::ready);
    await().atMost(SOON).until(() -> current(gateway, "keysSecret"), "1.0"::equals);
  }

  @Test
  void secret_thatChanges_isInForceAtOnce() {
    secrets.write("keys", keys("sk-1"));
    Gateway gateway = gateway("keys", null);
    awaitStatus(gateway, "sk-1", 200);

    secrets.write("keys", keys("sk-2"));

    awaitStatus(gateway, "sk-2", 200);
    assertThat(status(gateway, "sk-1")).isEqualTo(401);
    secrets.write("keys", "keys: []");
    awaitStatus(gateway, "sk-2", 401);
  }

  @Test
  void secret_thatIsWrongOrDeleted_leavesTheKeysInForce() {
    secrets.write("keys", keys("sk-1"));
    Gateway gateway = gateway("keys", null);
    awaitStatus(gateway, "sk-1", 200);
    await().atMost(SOON).until(() -> current(gateway, "keysSecret"), "1.0"::equals);
    String logger = "dev.loragateway.kubernetes";

    try (CapturedLog log = CapturedLog.of(logger, Level.WARN)) {
      secrets.write("keys", "keys: [ { name: k, sha256: hush } ]");
      await().atMost(SOON).until(() -> current(gateway, "keysSecret"), "0.0"::equals);
      assertThat(log.text())
          .contains("keys.yaml:1: keys[0].sha256: is no SHA-256")
          .doesNotContain("hush");
      assertThat(status(gateway, "sk-1")).isEqualTo(200);
      assertThat(status(gateway, "sk-2")).isEqualTo(401);

      secrets.delete("keys");
      await().atMost(SOON).until(() -> log.text().contains("Secret keys: does not exist"));
      assertThat(current(gateway, "keysSecret")).isEqualTo("0.0");
      assertThat(status(gateway, "sk-1")).isEqualTo(200);
      assertThat(gateway.ready()).isTrue();
    }
  }

  @Test
  void apiServer_thatIsAway_letsNobodyInWithoutAKey() {
    mock.stop();
    Gateway gateway = gateway("keys", Issuer.settings(ISSUER));

    assertThat(status(gateway, "sk-1")).isEqualTo(503);
    assertThat(gateways.ask(gateway, Requests.chat("base")).status()).isEqualTo(401);
    assertThat(status(gateway, ISSUER.token("alice"))).isEqualTo(200);
    assertThat(gateway.ready()).isFalse();
  }

  @Test
  void anotherSecret_isAwaited_andTheKeysOfTheFirstAreGone() {
    secrets.write("keys", keys("sk-1"));
    Gateway gateway = gateway("keys", null);
    awaitStatus(gateway, "sk-1", 200);

    gateway.reload(setup("others", null).build());
    assertThat(status(gateway, "sk-1")).isEqualTo(503);
    secrets.write("others", keys("sk-2"));

    awaitStatus(gateway, "sk-2", 200);
    assertThat(status(gateway, "sk-1")).isEqualTo(401);
  }
}
