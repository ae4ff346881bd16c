package dev.loragateway.kubernetes;

import static dev.loragateway.kubernetes.AdapterReports.REVISION;
import static dev.loragateway.kubernetes.AdapterReports.failed;
import static dev.loragateway.kubernetes.AdapterReports.fares;
import static dev.loragateway.kubernetes.AdapterReports.ready;
import static dev.loragateway.kubernetes.ClusterExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.adapters.AdapterPhase;
import dev.loragateway.adapters.AdapterSettings.Cluster;
import dev.loragateway.adapters.AdapterStatus;
import dev.loragateway.adapters.PlacementSite;
import dev.loragateway.adapters.Replicas;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Objects that declare adapters, in a real API server: {@code mvn verify -Pkube}. */
@Tag("kube")
class RealAdaptersTest {
  private static final String SPEC = "{ source: { url: /adapters/a } }";

  @RegisterExtension static final ClusterExtension cluster = new ClusterExtension();

  private final Reports reports = new Reports();
  private final AdapterReports told = new AdapterReports();
  private final Set<String> held = ConcurrentHashMap.newKeySet();
  private final List<AdapterObjects> started = new ArrayList<>();
  private AdapterFixtures adapters;

  @BeforeEach
  void fixtures() {
    adapters = new AdapterFixtures(cluster.admin(), cluster.namespace());
  }

  @AfterEach
  void stop() {
    started.forEach(AdapterObjects::close);
  }

  private AdapterObjects follow(AdapterReports sink, Reports listener, KubernetesClient as) {
    AdapterObjects objects = new AdapterObjects(context -> as, sink, held::contains, listener);
    started.add(objects);
    objects.follow(
        new Cluster(Set.of(cluster.namespace()), true, true), cluster.namespace(), "gateways");
    return objects;
  }

  /** Follows as the gateway that leads. */
  private AdapterObjects lead() {
    AdapterObjects objects = follow(told, reports, cluster.server().admin());
    await().atMost(SOON).until(objects::leads);
    return objects;
  }

  private String origin(String name) {
    return "kubernetes:" + cluster.namespace() + "/" + name;
  }

  private void awaitNames(String... names) {
    await().atMost(SOON).untilAsserted(() -> assertThat(told.names()).containsExactly(names));
  }

  private void awaitPhase(String name, String phase) {
    await()
        .atMost(SOON)
        .until(() -> adapters.status(name) != null && phase.equals(adapters.status(name).phase()));
  }

  private void awaitCondition(String name, String type, String expected) {
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(adapters.condition(name, type)).isEqualTo(expected));
  }

  @Test
  void object_saysEverything_allIsDeclared() {
    new Secrets(cluster.admin(), cluster.namespace()).write("hub", "token");
    follow(told, reports, cluster.server().admin());
    adapters.create(
        "support",
        """
        {
          model: acme/llama-2-70b/customer-support/v1, baseModel: llama, replicas: 0-4,
          source: { url: "s3://bucket/a", sha256: %s, secretRef: { name: hub } },
          priorityClass: high,
          scheduling: { nodes: [ n1 ], zones: [ z1, z2 ], engines: [ vllm ], labels: { gpu: [ a100 ] } },
          aliases: [ { name: support, weight: 20 }, { name: acme/support } ]
        }
        """
            .formatted("ab".repeat(32)));

    awaitNames("acme/llama-2-70b/customer-support/v1");
    var spec = told.spec("acme/llama-2-70b/customer-support/v1");
    assertThat(told.declared.getFirst().origin()).isEqualTo(origin("support"));
    assertThat(spec.baseModel()).isEqualTo("llama");
    assertThat(spec.replicas()).isEqualTo(new Replicas(0, 4));
    assertThat(spec.source().url()).isEqualTo("s3://bucket/a");
    assertThat(spec.source().sha256()).isEqualTo("ab".repeat(32));
    assertThat(spec.source().credentials()).isEqualTo(Map.of("keys.yaml", "token"));
    assertThat(spec.preferences().priority()).isEqualTo(1000);
    assertThat(spec.preferences().within())
        .isEqualTo(
            Map.of(
                PlacementSite.NODE,
                Set.of("n1"),
                PlacementSite.ZONE,
                Set.of("z1", "z2"),
                "engine",
                Set.of("vllm"),
                "gpu",
                Set.of("a100")));
    assertThat(spec.aliases()).extracting("name").containsExactly("support", "acme/support");
    assertThat(spec.aliases()).extracting("weight").containsExactly(20, 100);
    adapters.update(
        "support",
        "{ model: acme/llama-2-70b/customer-support/v1, source: { url: /b }, replicas: 3 }");
    await()
        .atMost(SOON)
        .until(() -> told.spec("acme/llama-2-70b/customer-support/v1").replicas().min() == 3);
  }

  @Test
  void adapter_faresInTurn_statusConditionsAndEventsSaySo() {
    AdapterObjects objects = lead();
    adapters.create("a", SPEC);
    awaitCondition("a", "Accepted", "True Accepted");
    assertThat(adapters.condition("a", "Ready")).isEqualTo("Unknown Pending");
    long retryAt = System.currentTimeMillis() + 60_000;

    objects.changed(
        fares(
            "a",
            origin("a"),
            AdapterPhase.LOADING,
            "",
            failed("10.9.0.1:8000", 1, retryAt, "no slot")));
    awaitPhase("a", "Loading");
    var instance = adapters.status("a").instances().getFirst();
    assertThat(instance.attempts()).isEqualTo(1);
    assertThat(instance.message()).isEqualTo("no slot");
    assertThat(Instant.parse(instance.retryAt()).toEpochMilli() / 1000).isEqualTo(retryAt / 1000);
    assertThat(adapters.condition("a", "Loaded")).isEqualTo("False Loading");

    objects.changed(fares("a", origin("a"), AdapterPhase.READY, "", ready("10.9.0.1:8000")));
    awaitPhase("a", "Ready");
    LoraAdapterStatus status = adapters.status("a");
    assertThat(status.observedGeneration()).isEqualTo(1);
    assertThat(status.servingRevision()).isEqualTo(REVISION);
    assertThat(status.readyReplicas()).isEqualTo(1);
    assertThat(status.rank()).isEqualTo(8);
    assertThat(status.bytes()).isEqualTo(4096);
    assertThat(adapters.condition("a", "Ready")).isEqualTo("True Ready");
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(adapters.events("a")).containsExactly("LoadFailed", "Loaded", "Ready"));
    String since = adapters.find("a", "Accepted").getLastTransitionTime();

    objects.changed(fares("a", origin("a"), AdapterPhase.READY, "still", ready("10.9.0.1:8000")));
    await().atMost(SOON).until(() -> "still".equals(adapters.status("a").message()));
    assertThat(adapters.find("a", "Accepted").getLastTransitionTime()).isEqualTo(since);
    assertThat(adapters.events("a")).hasSize(3);
    assertThat(reports.failures).isEmpty();
  }

  @Test
  void status_thatSaysWhatIs_isNotWrittenAgain() {
    AdapterObjects objects = lead();
    adapters.create("a", SPEC);
    var same = fares("a", origin("a"), AdapterPhase.READY, "", ready("10.9.0.1:8000"));
    objects.changed(same);
    awaitPhase("a", "Ready");
    String version = adapters.get("a").getMetadata().getResourceVersion();

    objects.changed(fares("a", origin("a"), AdapterPhase.READY, "", ready("10.9.0.1:8000")));
    adapters.create("b", SPEC);
    awaitCondition("b", "Accepted", "True Accepted");

    assertThat(adapters.get("a").getMetadata().getResourceVersion()).isEqualTo(version);
  }

  @Test
  void object_isDeleted_staysUntilNoEndpointHasItsAdapter() {
    AdapterObjects objects = lead();
    adapters.create("a", SPEC);
    await().atMost(SOON).until(() -> !adapters.get("a").getMetadata().getFinalizers().isEmpty());
    awaitNames("a");
    objects.changed(fares("a", origin("a"), AdapterPhase.READY, "", ready("10.9.0.1:8000")));
    held.add("a");

    adapters.delete("a");
    awaitNames();
    objects.changed(Map.of());
    adapters.create("b", SPEC);
    awaitCondition("b", "Accepted", "True Accepted");
    assertThat(adapters.get("a").isDeleted()).isTrue();
    held.remove("a");

    await().atMost(SOON).until(() -> adapters.get("a") == null);
  }

  @Test
  void objects_wantOneName_theOlderHasIt() {
    lead();
    adapters.create("first", "{ model: acme/law, source: { url: /a } }");
    awaitNames("acme/law");
    adapters.create("second", "{ model: acme/law, source: { url: /b } }");

    awaitCondition("second", "Accepted", "False NameTaken");
    awaitCondition("first", "Accepted", "True Accepted");
    assertThat(told.spec("acme/law").source().url()).isEqualTo("/a");
    assertThat(adapters.status("second").message()).contains(origin("first"));
    adapters.delete("first");
    await().atMost(SOON).until(() -> told.spec("acme/law").source().url().equals("/b"));
    awaitCondition("second", "Accepted", "True Accepted");
    await().atMost(SOON).until(() -> adapters.get("first") == null);
  }

  @Test
  void name_isDeclaredByTheConfiguration_objectSaysSo() {
    AdapterObjects objects = lead();
    adapters.create("a", SPEC);

    objects.changed(fares("a", "configuration", AdapterPhase.READY, "", ready("10.9.0.1:8000")));

    awaitCondition("a", "Accepted", "False NameTaken");
    assertThat(adapters.status("a").message()).contains("configuration");
  }

  @Test
  void secret_isMissing_thenMade_objectIsAcceptedThen() {
    lead();
    adapters.create("a", "{ source: { url: 's3://b/a', secretRef: { name: hub } } }");
    awaitCondition("a", "Accepted", "False SecretNotFound");
    awaitNames();

    new Secrets(cluster.admin(), cluster.namespace()).write("hub", "token");

    awaitNames("a");
    awaitCondition("a", "Accepted", "True Accepted");
  }

  @Test
  void leader_goes_theNextRemembers_andFollowersHearOfReadyCopies() {
    AdapterObjects first = lead();
    AdapterReports heard = new AdapterReports();
    Reports others = new Reports();
    AdapterObjects second = follow(heard, others, cluster.server().admin());
    adapters.create("a", SPEC);
    first.changed(
        fares(
            "a",
            origin("a"),
            AdapterPhase.DEGRADED,
            "",
            ready("10.9.0.1:8000"),
            failed("10.9.0.2:8000", 3, 1_900_000_000_000L, "no")));
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(heard.ready)
                    .isEqualTo(Map.of("a@" + REVISION, Set.of("10.9.0.1:8000"))));
    assertThat(second.leads()).isFalse();

    first.close();
    await().atMost(SOON).until(second::leads);

    assertThat(second.remembered().get("a"))
        .containsExactly(
            ready("10.9.0.1:8000"), failed("10.9.0.2:8000", 3, 1_900_000_000_000L, "no"));
    second.changed(fares("a", origin("a"), AdapterPhase.ARCHIVED, ""));
    awaitPhase("a", "Archived");
  }

  @Test
  void modelAdapters_ofAibrix_areDeclaredToo() {
    lead();
    adapters.createModelAdapter(
        "one",
        Map.of(
            "artifactURL",
            "huggingface://org/one",
            "baseModel",
            "qwen",
            "replicas",
            1,
            "podSelector",
            Map.of()));
    adapters.createModelAdapter(
        "two",
        Map.of(
            "artifactURL",
            "s3://bucket/two",
            "podSelector",
            Map.of("matchLabels", Map.of("model.aibrix.ai/name", "llama"))));
    adapters.createModelAdapter(
        "three", Map.of("artifactURL", "gcs://bucket/three", "podSelector", Map.of()));
    adapters.createModelAdapter("four", Map.of("artifactURL", "/four", "podSelector", Map.of()));

    await()
        .atMost(SOON)
        .untilAsserted(
            () -> assertThat(told.names()).containsExactlyInAnyOrder("one", "two", "four"));
    assertThat(told.spec("one").source().url()).isEqualTo("hf://org/one");
    assertThat(told.spec("one").baseModel()).isEqualTo("qwen");
    assertThat(told.spec("one").replicas()).isEqualTo(Replicas.of(1));
    assertThat(told.spec("two").baseModel()).isEqualTo("llama");
    assertThat(told.spec("two").replicas()).isEqualTo(Replicas.ALL);
  }

  @Test
  void definition_isInstalledLater_objectsAreFound() throws Exception {
    cluster.removeAdapters();
    try {
      follow(told, reports, cluster.server().admin());
      await().atMost(SOON).until(() -> told.declared != null);
      assertThat(told.names()).isEmpty();
      assertThat(reports.failures).contains(404);
    } finally {
      cluster.installAdapters();
    }

    adapters.create("a", SPEC);

    awaitNames("a");
  }

  @Test
  void apiServer_isKilledAndComesBack_nothingIsLost() throws Exception {
    AdapterObjects objects = lead();
    adapters.create("a", SPEC);
    awaitCondition("a", "Accepted", "True Accepted");
    String source = "LoraAdapters in " + cluster.namespace();
    await().atMost(SOON).until(() -> reports.watching.getOrDefault(source, false));

    cluster.server().kill();
    await().atMost(SOON).until(() -> !reports.watching.getOrDefault(source, true));
    assertThat(told.names()).containsExactly("a");
    objects.changed(fares("a", origin("a"), AdapterPhase.READY, "", ready("10.9.0.1:8000")));
    cluster.server().start();
    cluster.awaitServer();
    adapters.create("b", SPEC);

    awaitNames("a", "b");
    awaitPhase("a", "Ready");
  }

  @Test
  void services_listTheEndpointsThatHaveAnAdapter() {
    AdapterObjects objects = lead();
    adapters.create("support", "{ model: acme/support, source: { url: /a } }");
    awaitNames("acme/support");
    String name = ServiceNames.of("acme/support");

    objects.changed(
        fares(
            "acme/support",
            origin("support"),
            AdapterPhase.READY,
            "",
            ready("10.9.0.1:8000"),
            ready("10.9.0.2:8000"),
            failed("10.9.0.3:8000", 1, 0, "no")));

    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(hosts(name)).containsExactly("10.9.0.1", "10.9.0.2"));
    var service = cluster.admin().services().inNamespace(cluster.namespace()).withName(name).get();
    assertThat(service.getSpec().getClusterIP()).isEqualTo("None");
    assertThat(service.getMetadata().getAnnotations())
        .containsEntry("loragateway.dev/model-name", "acme/support@" + REVISION)
        .containsEntry("loragateway.dev/adapter-name", "acme/support");
    assertThat(service.getMetadata().getLabels())
        .containsEntry("loragateway.dev/adapter", name)
        .containsEntry("adapter.model.aibrix.ai/name", name);
    assertThat(service.getMetadata().getOwnerReferences())
        .extracting("uid")
        .containsExactly(adapters.get("support").getMetadata().getUid());

    objects.changed(
        fares("acme/support", origin("support"), AdapterPhase.READY, "", ready("10.9.0.2:8000")));
    await().atMost(SOON).untilAsserted(() -> assertThat(hosts(name)).containsExactly("10.9.0.2"));
    adapters.delete("support");
    objects.changed(Map.of());
    await()
        .atMost(SOON)
        .until(
            () ->
                cluster.admin().services().inNamespace(cluster.namespace()).withName(name).get()
                    == null);
    await().atMost(SOON).untilAsserted(() -> assertThat(hosts(name)).isEmpty());
    assertThat(reports.failures).isEmpty();
  }

  @Test
  void service_ofSomebodyElse_isLeftAlone() {
    cluster
        .admin()
        .resource(
            new ServiceBuilder()
                .withNewMetadata()
                .withNamespace(cluster.namespace())
                .withName("a")
                .endMetadata()
                .withNewSpec()
                .addNewPort()
                .withPort(80)
                .endPort()
                .endSpec()
                .build())
        .create();
    AdapterObjects objects = lead();
    adapters.create("a", SPEC);
    adapters.create("b", SPEC);
    awaitNames("a", "b");

    Map<String, AdapterStatus> both = new TreeMap<>();
    both.putAll(fares("a", origin("a"), AdapterPhase.READY, "", ready("10.9.0.1:8000")));
    both.putAll(fares("b", origin("b"), AdapterPhase.READY, "", ready("10.9.0.1:8000")));
    objects.changed(both);

    await().atMost(SOON).untilAsserted(() -> assertThat(hosts("b")).containsExactly("10.9.0.1"));
    awaitPhase("a", "Ready");
    objects.changed(fares("a", origin("a"), AdapterPhase.READY, "", ready("10.9.0.2:8000")));
    await()
        .atMost(SOON)
        .until(() -> adapters.status("a").instances().getFirst().address().equals("10.9.0.2:8000"));
    assertThat(hosts("a")).isEmpty();
  }

  private List<String> hosts(String service) {
    return cluster
        .admin()
        .discovery()
        .v1()
        .endpointSlices()
        .inNamespace(cluster.namespace())
        .withLabel("kubernetes.io/service-name", service)
        .list()
        .getItems()
        .stream()
        .flatMap(slice -> slice.getEndpoints().stream())
        .flatMap(endpoint -> endpoint.getAddresses().stream())
        .sorted()
        .toList();
  }
}
