package dev.loragateway.kubernetes;

import static dev.loragateway.kubernetes.AdapterReports.fares;
import static dev.loragateway.kubernetes.AdapterReports.ready;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.adapters.AdapterPhase;
import dev.loragateway.adapters.AdapterSettings.Cluster;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AdapterObjectsTest {
  private static final String SPEC = "{ source: { url: /a } }";

  private final KubernetesMockServer server = MockApiServer.create();
  private final AdapterReports told = new AdapterReports();
  private final Reports reports = new Reports();
  private KubernetesClient client;
  private AdapterFixtures adapters;
  private AdapterObjects objects;

  @BeforeEach
  void start() {
    server.init();
    client = server.createClient();
    adapters = new AdapterFixtures(client, "llm");
    objects = new AdapterObjects(context -> server.createClient(), told, name -> false, reports);
  }

  @AfterEach
  void stop() {
    objects.close();
    client.close();
    server.destroy();
  }

  private void begin() {
    objects.follow(new Cluster(Set.of("llm"), true, false), "llm", "gateways");
  }

  /** Follows, and leads; the mock server hangs when it is stopped while a watch begins. */
  private void follow() {
    begin();
    await().until(() -> reports.watching.getOrDefault("LoraAdapters in llm", false));
    await().until(() -> reports.watching.getOrDefault("ModelAdapters in llm", false));
    await().until(objects::leads);
  }

  private void awaitNames(String... names) {
    await().untilAsserted(() -> assertThat(told.names()).containsExactlyInAnyOrder(names));
  }

  @Test
  void objects_comeChangeAndGo_theirAdaptersFollow() {
    adapters.create("a", SPEC);
    follow();
    awaitNames("a");

    adapters.create("b", "{ model: acme/law, source: { url: /b } }");
    awaitNames("a", "acme/law");
    adapters.update("a", "{ source: { url: /c } }");
    await().until(() -> told.spec("a").source().url().equals("/c"));
    assertThat(told.declared.getFirst().origin()).isEqualTo("kubernetes:llm/a");
    assertThat(reports.watching).containsEntry("LoraAdapters in llm", true);
  }

  @Test
  void objects_ofBothKinds_areDeclaredTogether() {
    adapters.create("a", SPEC);
    adapters.createModelAdapter(
        "b", Map.of("artifactURL", "s3://b/b", "podSelector", Map.of(), "replicas", 1));

    follow();

    awaitNames("a", "b");
  }

  @Test
  void nothing_isDeclared_beforeAllObjectsAreKnown() {
    server
        .expect()
        .get()
        .withPath("/apis/model.aibrix.ai/v1alpha1/namespaces/llm/modeladapters?resourceVersion=0")
        .andReturn(403, "")
        .always();
    adapters.create("a", SPEC);

    begin();

    await().until(() -> reports.failures.contains(403));
    await().until(() -> reports.watching.getOrDefault("LoraAdapters in llm", false));
    assertThat(told.declared).isNull();
  }

  @Test
  void object_withAFault_isLeftOut() {
    adapters.create("a", "{ source: { url: 'ftp://h/a' } }");
    adapters.create("b", SPEC);

    follow();

    awaitNames("b");
  }

  @Test
  void settings_thatEnd_stopEverything() {
    adapters.create("a", SPEC);
    follow();
    awaitNames("a");

    objects.follow(null, "llm", "gateways");

    await().until(() -> !objects.leads());
    await()
        .untilAsserted(
            () ->
                assertThat(reports.stopped)
                    .containsExactlyInAnyOrder("LoraAdapters in llm", "ModelAdapters in llm"));
    assertThat(objects.remembered()).isEmpty();
  }

  @Test
  void statuses_ofAdapters_areWrittenByTheOneThatLeads() {
    adapters.create("a", SPEC);
    follow();
    awaitNames("a");
    assertThat(objects.leads()).isTrue();

    objects.changed(fares("a", "kubernetes:llm/a", AdapterPhase.READY, "", ready("10.9.0.1:8000")));

    await().until(() -> adapters.condition("a", "Ready").equals("True Ready"));
    await()
        .untilAsserted(
            () ->
                assertThat(objects.remembered().get("a"))
                    .isEqualTo(List.of(ready("10.9.0.1:8000"))));
    await()
        .untilAsserted(() -> assertThat(adapters.events("a")).containsExactly("Loaded", "Ready"));
  }
}
