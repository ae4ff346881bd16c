package dev.loragateway.kubernetes;

import static dev.loragateway.kubernetes.ClusterExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.kubernetes.KubernetesSource.InferencePool;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceBuilder;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** InferencePools and pods of a real API server: {@code mvn verify -Pkube}. */
@Tag("kube")
class RealInferencePoolTest {
  private static final Map<String, String> LLAMA = Map.of("app", "vllm", "model", "llama");
  private static final Map<String, String> QWEN = Map.of("app", "vllm", "model", "qwen");

  @RegisterExtension static final ClusterExtension cluster = new ClusterExtension();

  private final Map<String, List<Discovered>> found = new ConcurrentHashMap<>();
  private final Reports reports = new Reports();
  private KubernetesDiscovery discovery;
  private Pods pods;

  @BeforeEach
  void start() {
    pods = cluster.pods();
    discovery =
        new KubernetesDiscovery(context -> cluster.server().admin(), found::put, reports, Map::of);
    discovery.configure(Map.of("p", List.of(source())), AnnotationSettings.DEFAULTS);
  }

  @AfterEach
  void stop() {
    discovery.close();
  }

  private static InferencePool source() {
    return new InferencePool("", cluster.namespace(), "vllm");
  }

  /** A pool {@code vllm}. */
  static GenericKubernetesResource pool(
      String namespace, Map<String, String> labels, int... ports) {
    return new GenericKubernetesResourceBuilder()
        .withApiVersion("inference.networking.k8s.io/v1")
        .withKind("InferencePool")
        .withNewMetadata()
        .withNamespace(namespace)
        .withName("vllm")
        .endMetadata()
        .addToAdditionalProperties(
            "spec",
            Map.of(
                "selector",
                Map.of("matchLabels", labels),
                "targetPorts",
                IntStream.of(ports).mapToObj(port -> Map.of("number", port)).toList(),
                "endpointPickerRef",
                Map.of("name", "picker", "port", Map.of("number", 9002))))
        .build();
  }

  private static void write(Map<String, String> labels, int... ports) {
    cluster
        .admin()
        .resource(pool(cluster.namespace(), labels, ports))
        .createOr(NonDeletingOperation::update);
  }

  private void runs(String name, Map<String, String> labels, String ip) {
    pods.create(name, labels);
    pods.runs(name, ip, true);
  }

  private void awaitFound(String... addresses) {
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(found.get("p"))
                    .extracting(one -> one.host() + ":" + one.port())
                    .containsExactly(addresses));
  }

  @Test
  void pods_comeGetReadyAndUnreadyAndGo_endpointsFollow() {
    write(LLAMA, 8000);
    awaitFound();
    runs("a", LLAMA, "10.9.0.1");
    awaitFound("10.9.0.1:8000");

    pods.create("b", LLAMA);
    runs("other", QWEN, "10.9.0.9");
    runs("c", LLAMA, "10.9.0.3");
    awaitFound("10.9.0.1:8000", "10.9.0.3:8000");
    pods.runs("b", "10.9.0.2", true);
    awaitFound("10.9.0.1:8000", "10.9.0.2:8000", "10.9.0.3:8000");
    pods.runs("b", "10.9.0.2", false);
    awaitFound("10.9.0.1:8000", "10.9.0.3:8000");
    assertThat(reports.failures).isEmpty();
  }

  @Test
  void pod_isBeingDeleted_isLeftWhileItStillServes() {
    write(LLAMA, 8000);
    runs("a", LLAMA, "10.9.0.1");
    runs("b", LLAMA, "10.9.0.2");
    awaitFound("10.9.0.1:8000", "10.9.0.2:8000");

    pods.delete("a");

    awaitFound("10.9.0.2:8000");
    assertThat(cluster.admin().pods().inNamespace(cluster.namespace()).withName("a").isReady())
        .isTrue();
    pods.ended("a");
    runs("a", LLAMA, "10.9.0.4");
    awaitFound("10.9.0.4:8000", "10.9.0.2:8000");
  }

  @Test
  void pool_selectsOtherPodsAndPorts_endpointsFollow() {
    runs("a", LLAMA, "10.9.0.1");
    runs("b", QWEN, "10.9.0.2");
    write(LLAMA, 8000);
    awaitFound("10.9.0.1:8000");

    write(QWEN, 8000);
    awaitFound("10.9.0.2:8000");
    runs("c", QWEN, "10.9.0.3");
    awaitFound("10.9.0.2:8000", "10.9.0.3:8000");
    write(Map.of("app", "vllm"), 8000);
    awaitFound("10.9.0.1:8000", "10.9.0.2:8000", "10.9.0.3:8000");
    write(LLAMA, 8001, 8002);
    awaitFound("10.9.0.1:8001", "10.9.0.1:8002");
    assertThat(reports.failures).isEmpty();
  }

  @Test
  void pool_isMadeAndDeletedLater_endpointsComeAndGo() {
    runs("a", LLAMA, "10.9.0.1");
    awaitFound();

    write(LLAMA, 8000);
    awaitFound("10.9.0.1:8000");
    cluster.admin().resource(pool(cluster.namespace(), LLAMA, 8000)).delete();
    awaitFound();
    write(LLAMA, 8000);
    awaitFound("10.9.0.1:8000");
  }

  @Test
  void apiServer_isKilledAndComesBack_whatIsKnownStaysAndNewsFollow() throws Exception {
    write(LLAMA, 8000);
    runs("a", LLAMA, "10.9.0.1");
    awaitFound("10.9.0.1:8000");
    await().atMost(SOON).until(() -> reports.watching.getOrDefault(source().toString(), false));

    cluster.server().kill();
    await().atMost(SOON).until(() -> !reports.watching.getOrDefault(source().toString(), true));
    awaitFound("10.9.0.1:8000");
    cluster.server().start();
    cluster.awaitServer();
    runs("b", LLAMA, "10.9.0.2");

    awaitFound("10.9.0.1:8000", "10.9.0.2:8000");
  }
}
