package dev.loragateway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.adapters.AdapterPhase;
import dev.loragateway.adapters.AdapterSettings;
import dev.loragateway.adapters.AdapterSettings.Directory;
import dev.loragateway.adapters.AdapterStatus;
import dev.loragateway.adapters.PlacementSettings;
import dev.loragateway.adapters.Replicas;
import dev.loragateway.registry.ServedNames;
import dev.loragateway.sim.SimulatedServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Adapters that come, change and go in a directory while the gateway runs. */
class AdapterDirectoryTest {
  private static final String LOAD = "/v1/load_lora_adapter";
  private static final String UNLOAD = "/v1/unload_lora_adapter";
  private static final Duration SOON = Duration.ofSeconds(20);

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  @TempDir Path directory;
  @TempDir Path elsewhere;
  private AdapterFolder folder;
  private SimulatedServer server;

  @BeforeEach
  void start() {
    folder = new AdapterFolder(directory);
    server = gateways.simulator("base");
  }

  private Setup setup(@Nullable Path path) {
    return Setup.of(server.address())
        .askOften()
        .adapters(
            new AdapterSettings(
                path == null
                    ? null
                    : new Directory(
                        path, path.toString(), Duration.ofMillis(50), "base", Replicas.of(1)),
                List.of(),
                null,
                null,
                PlacementSettings.DEFAULT,
                new AdapterSettings.Loading(
                    2, 1000, Duration.ofSeconds(2), Duration.ofSeconds(5), 0),
                AdapterSettings.Demand.DEFAULTS));
  }

  private static void awaitReady(Gateway gateway, String adapter) {
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(gateway.adapters().statuses().get(adapter))
                    .satisfies(now -> assertThat(now).isNotNull())
                    .extracting(AdapterStatus::phase)
                    .isEqualTo(AdapterPhase.READY));
  }

  private static String internal(Gateway gateway, String adapter) {
    AdapterStatus status = Objects.requireNonNull(gateway.adapters().statuses().get(adapter));
    return ServedNames.internal(adapter, status.serving());
  }

  private List<String> seen(String path) {
    return server.requests().stream()
        .filter(request -> request.path().equals(path))
        .map(request -> Objects.requireNonNull(request.model()))
        .toList();
  }

  private void remove(String name) throws IOException {
    Files.delete(directory.resolve(name).resolve("adapter_config.json"));
  }

  @Test
  void addedAdapter_isLoadedAndServed() {
    folder.write("acme/law", 1);
    Gateway gateway = gateways.start(setup(directory));
    awaitReady(gateway, "acme/law");

    folder.write("acme/tax", 2);
    awaitReady(gateway, "acme/tax");

    assertThat(gateways.chat(gateway, "acme/tax").status()).isEqualTo(200);
    assertThat(gateways.chat(gateway, "acme/law").status()).isEqualTo(200);
    assertThat(seen(LOAD))
        .containsExactly(internal(gateway, "acme/law"), internal(gateway, "acme/tax"));
    assertThat(seen("/v1/chat/completions"))
        .containsExactly(internal(gateway, "acme/tax"), internal(gateway, "acme/law"));
  }

  @Test
  void removedAdapter_isUnloadedAndUnknown_othersStay() throws IOException {
    folder.write("law", 1);
    folder.write("tax", 2);
    Gateway gateway = gateways.start(setup(directory));
    awaitReady(gateway, "law");
    awaitReady(gateway, "tax");
    String law = internal(gateway, "law");

    remove("law");
    await().atMost(SOON).untilAsserted(() -> assertThat(seen(UNLOAD)).containsExactly(law));

    assertThat(gateways.chat(gateway, "law").status()).isEqualTo(404);
    assertThat(gateways.chat(gateway, "tax").status()).isEqualTo(200);
    assertThat(gateway.adapters().statuses()).containsOnlyKeys("tax");
    assertThat(seen(LOAD)).hasSize(2);
  }

  @Test
  void movedDirectory_nothingIsUnloaded_untilItIsBack() throws IOException {
    Path mount = Files.createDirectory(elsewhere.resolve("mount"));
    new AdapterFolder(mount).write("law", 1);
    Gateway gateway = gateways.start(setup(mount));
    awaitReady(gateway, "law");
    Path away = Files.move(mount, elsewhere.resolve("away"));
    folder.write("tax", 2);

    Path back = Files.move(away, mount);
    new AdapterFolder(back).write("tax", 2);
    awaitReady(gateway, "tax");

    assertThat(gateways.chat(gateway, "law").status()).isEqualTo(200);
    assertThat(seen(UNLOAD)).isEmpty();
  }

  @Test
  void otherDirectory_afterAReload_isLookedThroughInstead() {
    folder.write("law", 1);
    new AdapterFolder(elsewhere).write("tax", 2);
    Gateway gateway = gateways.start(setup(directory));
    awaitReady(gateway, "law");

    gateway.reload(setup(elsewhere).build());
    awaitReady(gateway, "tax");
    await().atMost(SOON).untilAsserted(() -> assertThat(seen(UNLOAD)).hasSize(1));
    assertThat(gateways.chat(gateway, "law").status()).isEqualTo(404);

    gateway.reload(setup(null).build());
    await().atMost(SOON).untilAsserted(() -> assertThat(seen(UNLOAD)).hasSize(2));
    assertThat(gateways.chat(gateway, "tax").status()).isEqualTo(404);
  }
}
