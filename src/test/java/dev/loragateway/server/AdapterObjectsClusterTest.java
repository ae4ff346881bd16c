package dev.loragateway.server;

import static dev.loragateway.kubernetes.ClusterExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.adapters.AdapterSettings;
import dev.loragateway.adapters.PlacementSettings;
import dev.loragateway.kubernetes.ClusterExtension;
import dev.loragateway.sim.SimRequest;
import dev.loragateway.sim.SimulatedServer;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/** Objects in a real API server, and two gateways that follow them. */
@Tag("kube")
@ResourceLock(Resources.SYSTEM_PROPERTIES)
final class AdapterObjectsClusterTest {
  private static final String UNLOAD = "/v1/unload_lora_adapter";

  @RegisterExtension static final ClusterExtension cluster = new ClusterExtension();
  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  @TempDir private Path directory;
  private AdapterFolder folder;
  private SimulatedServer a;
  private SimulatedServer b;

  @BeforeEach
  void start() {
    folder = new AdapterFolder(directory);
    a = gateways.simulator("base");
    b = gateways.simulator("base");
  }

  private Gateway gateway() {
    return gateway(AdapterSettings.Demand.DEFAULTS);
  }

  private Gateway gateway(AdapterSettings.Demand demand) {
    AdapterSettings followed =
        new AdapterSettings(
            null,
            List.of(),
            null,
            new AdapterSettings.Cluster(Set.of(cluster.namespace()), false, true),
            PlacementSettings.DEFAULT,
            new AdapterSettings.Loading(2, 1000, Duration.ofSeconds(5), Duration.ofSeconds(5), 0),
            demand);
    return gateways.start(
        Setup.of(a.address(), b.address())
            .askOften()
            .lease(cluster.namespace())
            .adapters(followed));
  }

  private void apply(String name, String model, Path files) {
    apply(name, model, "2", files);
  }

  private void apply(String name, String model, String replicas, Path files) {
    String yaml =
        """
        apiVersion: loragateway.dev/v1alpha1
        kind: LoraAdapter
        metadata: { namespace: %s, name: %s }
        spec: { model: %s, baseModel: base, replicas: %s, source: { url: "file://%s" } }
        """
            .formatted(cluster.namespace(), name, model, replicas, files);
    cluster
        .admin()
        .load(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)))
        .serverSideApply();
  }

  private Resource<GenericKubernetesResource> object(String name) {
    return cluster
        .admin()
        .genericKubernetesResources("loragateway.dev/v1alpha1", "LoraAdapter")
        .inNamespace(cluster.namespace())
        .withName(name);
  }

  private @Nullable Object status(String name, String member) {
    GenericKubernetesResource now = object(name).get();
    return now == null ? null : now.get("status", member);
  }

  private List<SimRequest> seen(String path) {
    List<SimRequest> seen = new ArrayList<>(a.requests());
    seen.addAll(b.requests());
    return seen.stream().filter(request -> request.path().equals(path)).toList();
  }

  @Test
  void object_isLoadedByOneGateway_servedByBoth_andUnloadedWithIt() {
    Gateway one = gateway();
    Gateway two = gateway();

    apply("support", "acme/llama/support/v1", folder.write("v1", 1));
    await().atMost(SOON).until(() -> "Ready".equals(status("support", "phase")));

    assertThat(gateways.chat(one, "acme/llama/support/v1").status()).isEqualTo(200);
    assertThat(gateways.chat(two, "acme/llama/support/v1").status()).isEqualTo(200);
    assertThat(seen("/v1/load_lora_adapter")).hasSize(2);
    assertThat(status("support", "readyReplicas")).isEqualTo(2);

    apply("support", "acme/llama/support/v1", folder.write("v2", 2));
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              assertThat(gateways.chat(one, "acme/llama/support/v1").status()).isEqualTo(200);
              assertThat(gateways.chat(two, "acme/llama/support/v1").status()).isEqualTo(200);
              assertThat(seen(UNLOAD)).hasSize(2);
            });

    object("support").delete();
    await().atMost(SOON).until(() -> object("support").get() == null);
    assertThat(seen(UNLOAD)).hasSize(4);
    assertThat(gateways.chat(one, "acme/llama/support/v1").status()).isEqualTo(404);
    assertThat(gateways.chat(two, "acme/llama/support/v1").status()).isEqualTo(404);
  }

  /** One of the two leads, so that each way is tried. */
  @Test
  void archivedAdapter_isLoadedByTheFirstRequest_atWhicheverGateway_andStaysWhileItIsUsedThere() {
    AdapterSettings.Demand impatient =
        new AdapterSettings.Demand(16, Duration.ofMinutes(5), Duration.ofSeconds(2));
    Gateway one = gateway(impatient);
    Gateway two = gateway(impatient);
    apply("law", "law", "0-1", folder.write("law", 1));
    apply("tax", "tax", "0-1", folder.write("tax", 2));
    await().atMost(SOON).until(() -> "Archived".equals(status("law", "phase")));
    await().atMost(SOON).until(() -> "Archived".equals(status("tax", "phase")));

    assertThat(gateways.chat(one, "law").status()).isEqualTo(200);
    assertThat(gateways.chat(two, "tax").status()).isEqualTo(200);
    await()
        .atMost(SOON)
        .during(Duration.ofSeconds(5))
        .untilAsserted(
            () -> {
              assertThat(gateways.chat(one, "law").status()).isEqualTo(200);
              assertThat(gateways.chat(two, "tax").status()).isEqualTo(200);
              assertThat(seen(UNLOAD)).isEmpty();
            });
    await().atMost(SOON).untilAsserted(() -> assertThat(seen(UNLOAD)).hasSize(2));
  }
}
