package dev.loragateway.kubernetes;

import static dev.loragateway.kubernetes.ClusterExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.kubernetes.KubernetesSource.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Against a real API server: {@code mvn verify -Pkube}. */
@Tag("kube")
class RealClusterTest {
  @RegisterExtension static final ClusterExtension cluster = new ClusterExtension();

  private final Map<String, List<Discovered>> found = new ConcurrentHashMap<>();
  private final Reports reports = new Reports();
  private final List<KubernetesDiscovery> started = new ArrayList<>();

  @AfterEach
  void stopDiscovery() {
    started.forEach(KubernetesDiscovery::close);
  }

  private Service service() {
    return new Service("", cluster.namespace(), "vllm", "http");
  }

  private void watchAs(KubernetesClient client) {
    KubernetesDiscovery discovery =
        new KubernetesDiscovery(context -> client, found::put, reports, Map::of);
    started.add(discovery);
    discovery.configure(
        Map.of("p", List.of(service())), new AnnotationSettings(false, false, "", ""));
  }

  private EndpointSlice slice(String name, int subnet, int endpoints) {
    EndpointSliceBuilder slice =
        new EndpointSliceBuilder()
            .withNewMetadata()
            .withNamespace(cluster.namespace())
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

  /** A client of a service account with these verbs on the namespace's EndpointSlices. */
  private KubernetesClient account(String name, String... verbs) {
    cluster
        .admin()
        .resource(
            new RoleBuilder()
                .withNewMetadata()
                .withNamespace(cluster.namespace())
                .withName(name)
                .endMetadata()
                .addNewRule()
                .withApiGroups("discovery.k8s.io")
                .withResources("endpointslices")
                .withVerbs(verbs)
                .endRule()
                .build())
        .create();
    cluster.createAccount(name, "Role", name);
    return cluster.account(cluster.namespace(), name);
  }

  @Test
  void account_thatMayListAndWatch_findsEndpoints() {
    cluster.admin().resource(slice("a", 1, 2)).create();
    watchAs(account("enough", "list", "watch"));
    awaitEndpoints(2);

    cluster.admin().resource(slice("b", 2, 1)).create();

    awaitEndpoints(3);
    assertThat(reports.failures).isEmpty();
  }

  @Test
  void account_thatMayNotList_isToldSo() {
    cluster.admin().resource(slice("a", 1, 2)).create();
    watchAs(account("no-list", "watch"));

    await().atMost(SOON).untilAsserted(() -> assertThat(reports.failures).contains(403));
    assertThat(found).isEmpty();
  }

  @Test
  void account_thatMayNotWatch_isToldSo() {
    cluster.admin().resource(slice("a", 1, 2)).create();
    watchAs(account("no-watch", "list"));

    await().atMost(SOON).untilAsserted(() -> assertThat(reports.failures).contains(403));
    assertThat(reports.watching.getOrDefault(service().toString(), false)).isFalse();
  }

  @Test
  void thousandEndpoints_inElevenSlices_areAllThere() {
    for (int i = 0; i < 11; i++) {
      cluster.admin().resource(slice("slice-" + i, i, i < 10 ? 91 : 90)).create();
    }
    watchAs(cluster.server().admin());

    awaitEndpoints(1000);
  }

  @Test
  void apiServer_isKilledAndComesBack_whatIsKnownStaysAndNewsFollow() throws Exception {
    cluster.admin().resource(slice("a", 1, 2)).create();
    watchAs(cluster.server().admin());
    awaitEndpoints(2);
    await().atMost(SOON).until(() -> reports.watching.getOrDefault(service().toString(), false));

    cluster.server().kill();
    await().atMost(SOON).until(() -> !reports.watching.getOrDefault(service().toString(), true));
    assertThat(found.get("p")).hasSize(2);
    cluster.server().start();
    cluster.awaitServer();
    cluster.admin().resource(slice("b", 2, 3)).create();

    awaitEndpoints(5);
    await().atMost(SOON).until(() -> reports.watching.getOrDefault(service().toString(), false));
  }
}
