package dev.loragateway.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.kubernetes.KubernetesSource.Service;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** Against a real API server: {@code mvn verify -Pkube}. */
@Tag("kube")
class RealClusterTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir static Path directory;
  private static ApiServer server;
  private static KubernetesClient admin;

  private final Map<String, List<Discovered>> found = new ConcurrentHashMap<>();
  private final Reports reports = new Reports();
  private final List<KubernetesDiscovery> started = new ArrayList<>();
  private String namespace;

  @BeforeAll
  static void startServer() throws IOException {
    server = new ApiServer(directory);
    admin = server.admin();
    awaitServer();
  }

  private static void awaitServer() {
    await()
        .atMost(SOON)
        .ignoreExceptionsInstanceOf(KubernetesClientException.class)
        .until(() -> admin.namespaces().withName("default").get() != null);
  }

  @AfterAll
  static void stopServer() {
    admin.close();
    server.close();
  }

  @BeforeEach
  void createNamespace(TestInfo test) {
    namespace = "t-" + Integer.toHexString(test.getDisplayName().hashCode());
    admin
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build())
        .create();
  }

  @AfterEach
  void stopDiscovery() {
    started.forEach(KubernetesDiscovery::close);
  }

  private Service service() {
    return new Service("", namespace, "vllm", "http");
  }

  private void watchAs(KubernetesClient client) {
    KubernetesDiscovery discovery =
        new KubernetesDiscovery(context -> client, found::put, reports, Map::of);
    started.add(discovery);
    discovery.configure(Map.of("p", List.of(service())), AnnotationSettings.DEFAULTS);
  }

  private EndpointSlice slice(String name, int subnet, int endpoints) {
    EndpointSliceBuilder slice =
        new EndpointSliceBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName(name)
            .addToLabels("kubernetes.io/service-name", "vllm")
            .endMetadata()
            .withAddressType("IPv4")
            .addNewPort()
            .withName("http")
            .withPort(8000)
            .endPort();
    for (int i = 0; i < endpoints; i++) {
      slice.addToEndpoints(
          new EndpointBuilder()
              .withAddresses("10.1." + subnet + "." + (i + 1))
              .withNewConditions()
              .withReady(true)
              .endConditions()
              .build());
    }
    return slice.build();
  }

  private void awaitEndpoints(int count) {
    await().atMost(SOON).until(() -> found.getOrDefault("p", List.of()).size() == count);
  }

  /** The token of a service account with these verbs on the namespace's EndpointSlices. */
  private String account(String name, String... verbs) {
    admin
        .resource(
            new ServiceAccountBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(name)
                .endMetadata()
                .build())
        .create();
    admin
        .resource(
            new RoleBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(name)
                .endMetadata()
                .addNewRule()
                .withApiGroups("discovery.k8s.io")
                .withResources("endpointslices")
                .withVerbs(verbs)
                .endRule()
                .build())
        .create();
    admin
        .resource(
            new RoleBindingBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(name)
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "Role", name)
                .addNewSubject("", "ServiceAccount", name, namespace)
                .build())
        .create();
    return admin
        .serviceAccounts()
        .inNamespace(namespace)
        .withName(name)
        .tokenRequest(new TokenRequestBuilder().withNewSpec().endSpec().build())
        .getStatus()
        .getToken();
  }

  @Test
  void account_thatMayListAndWatch_findsEndpoints() {
    admin.resource(slice("a", 1, 2)).create();
    watchAs(server.client(account("enough", "list", "watch")));
    awaitEndpoints(2);

    admin.resource(slice("b", 2, 1)).create();

    awaitEndpoints(3);
    assertThat(reports.failures).isEmpty();
  }

  @Test
  void account_thatMayNotList_isToldSo() {
    admin.resource(slice("a", 1, 2)).create();
    watchAs(server.client(account("no-list", "watch")));

    await().atMost(SOON).untilAsserted(() -> assertThat(reports.failures).contains(403));
    assertThat(found).isEmpty();
  }

  @Test
  void account_thatMayNotWatch_isToldSo() {
    admin.resource(slice("a", 1, 2)).create();
    watchAs(server.client(account("no-watch", "list")));

    await().atMost(SOON).untilAsserted(() -> assertThat(reports.failures).contains(403));
    assertThat(reports.watching.getOrDefault(service().toString(), false)).isFalse();
  }

  @Test
  void thousandEndpoints_inElevenSlices_areAllThere() {
    for (int i = 0; i < 11; i++) {
      admin.resource(slice("slice-" + i, i, i < 10 ? 91 : 90)).create();
    }
    watchAs(server.admin());

    awaitEndpoints(1000);
  }

  @Test
  void apiServer_isKilledAndComesBack_whatIsKnownStaysAndNewsFollow() throws Exception {
    admin.resource(slice("a", 1, 2)).create();
    watchAs(server.admin());
    awaitEndpoints(2);
    await().atMost(SOON).until(() -> reports.watching.getOrDefault(service().toString(), false));

    server.kill();
    await().atMost(SOON).until(() -> !reports.watching.getOrDefault(service().toString(), true));
    assertThat(found.get("p")).hasSize(2);
    server.start();
    awaitServer();
    admin.resource(slice("b", 2, 3)).create();

    awaitEndpoints(5);
    await().atMost(SOON).until(() -> reports.watching.getOrDefault(service().toString(), false));
  }
}
