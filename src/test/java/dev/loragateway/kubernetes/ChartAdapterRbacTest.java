package dev.loragateway.kubernetes;

import static dev.loragateway.kubernetes.AdapterReports.fares;
import static dev.loragateway.kubernetes.AdapterReports.ready;
import static dev.loragateway.kubernetes.ClusterExtension.SOON;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.adapters.AdapterPhase;
import dev.loragateway.adapters.AdapterSettings.Cluster;
import dev.loragateway.adapters.AdapterStatus;
import dev.loragateway.kubernetes.ChartRoles.Right;
import dev.loragateway.kubernetes.ChartRoles.Where;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The account that the chart makes may do all that objects of adapters ask of it, and no right of
 * it is idle: {@code mvn verify -Pkube}. Objects are in another namespace than the release; the
 * adapter that the configuration declares has its Service in that of the release.
 */
@Tag("kube")
class ChartAdapterRbacTest {
  @RegisterExtension static final ClusterExtension cluster = new ClusterExtension();

  private static final String LEASE = "gateway-lora-gateway-adapters";
  private static final String STATUSES = "LoraAdapter statuses";
  private static final String SERVICES = "Services of adapters";
  private static final String GROUP = "loragateway.dev";
  private static final String SLICES = "endpointslices";
  private static final String DISCOVERY = "discovery.k8s.io";

  /** What is refused without each right: every right of the chart has its entry here. */
  private static final Map<Right, String> NEEDS =
      Map.ofEntries(
          entry(new Right(Where.ELSEWHERE, GROUP, "loraadapters", "list"), "LoraAdapters"),
          entry(new Right(Where.ELSEWHERE, GROUP, "loraadapters", "watch"), "LoraAdapters"),
          entry(new Right(Where.ELSEWHERE, GROUP, "loraadapters", "patch"), STATUSES),
          entry(new Right(Where.ELSEWHERE, GROUP, "loraadapters/status", "update"), STATUSES),
          entry(new Right(Where.ELSEWHERE, "", "events", "create"), "Events"),
          entry(new Right(Where.ELSEWHERE, "", "events", "patch"), "Events"),
          entry(
              new Right(Where.ELSEWHERE, "model.aibrix.ai", "modeladapters", "list"),
              "ModelAdapters"),
          entry(
              new Right(Where.ELSEWHERE, "model.aibrix.ai", "modeladapters", "watch"),
              "ModelAdapters"),
          entry(new Right(Where.ELSEWHERE, "", "secrets", "hub", "get"), "Secret"),
          entry(new Right(Where.ELSEWHERE, "", "services", "list"), SERVICES),
          entry(new Right(Where.ELSEWHERE, "", "services", "create"), SERVICES),
          entry(new Right(Where.ELSEWHERE, "", "services", "patch"), SERVICES),
          entry(new Right(Where.ELSEWHERE, "", "services", "delete"), SERVICES),
          entry(new Right(Where.ELSEWHERE, DISCOVERY, SLICES, "list"), SERVICES),
          entry(new Right(Where.ELSEWHERE, DISCOVERY, SLICES, "create"), SERVICES),
          entry(new Right(Where.ELSEWHERE, DISCOVERY, SLICES, "patch"), SERVICES),
          entry(new Right(Where.ELSEWHERE, DISCOVERY, SLICES, "delete"), SERVICES),
          entry(new Right(Where.RELEASE, "", "services", "list"), SERVICES),
          entry(new Right(Where.RELEASE, "", "services", "create"), SERVICES),
          entry(new Right(Where.RELEASE, "", "services", "patch"), SERVICES),
          entry(new Right(Where.RELEASE, "", "services", "delete"), SERVICES),
          entry(new Right(Where.RELEASE, DISCOVERY, SLICES, "list"), SERVICES),
          entry(new Right(Where.RELEASE, DISCOVERY, SLICES, "create"), SERVICES),
          entry(new Right(Where.RELEASE, DISCOVERY, SLICES, "patch"), SERVICES),
          entry(new Right(Where.RELEASE, DISCOVERY, SLICES, "delete"), SERVICES),
          entry(new Right(Where.RELEASE, "coordination.k8s.io", "leases", "create"), "Lease"),
          entry(new Right(Where.RELEASE, "coordination.k8s.io", "leases", LEASE, "get"), "Lease"),
          entry(
              new Right(Where.RELEASE, "coordination.k8s.io", "leases", LEASE, "patch"), "Lease"));

  private static String release;
  private static String elsewhere;
  private static ChartRoles chart;

  private final Map<String, Set<Integer>> failures = new ConcurrentHashMap<>();
  private final Map<String, Boolean> watching = new ConcurrentHashMap<>();
  private final AdapterReports told = new AdapterReports();
  private AdapterFixtures adapters;
  private AdapterObjects objects;

  @BeforeAll
  static void install(@TempDir Path directory) throws Exception {
    release = cluster.createNamespace();
    elsewhere = cluster.createNamespace();
    chart =
        ChartRoles.install(
            cluster.admin(),
            release,
            elsewhere,
            directory,
            """
            config:
              pools: [ { name: llama, baseModel: llama, endpoints: [ "http://10.9.0.1:8000" ] } ]
              adapters: { kubernetes: { namespaces: [ %s ], aibrix: true, services: true } }
            rbac: { adapterSecrets: [ hub ] }
            """
                .formatted(elsewhere));
    new Secrets(cluster.admin(), elsewhere).write("hub", "token");
  }

  @BeforeEach
  void follow() {
    adapters = new AdapterFixtures(cluster.admin(), elsewhere);
  }

  @AfterEach
  void restore() {
    if (objects != null) {
      objects.close();
    }
    chart.restore();
    chart.rights().forEach(right -> await().atMost(SOON).until(() -> chart.allows(right)));
    LoraAdapter left = adapters.get("a");
    if (left != null) {
      cluster.admin().resource(left).delete();
      adapters
          .at("a")
          .edit(
              now -> {
                now.getMetadata().setFinalizers(List.of());
                return now;
              });
    }
    cluster.admin().leases().inNamespace(release).withName(LEASE).delete();
    for (String namespace : List.of(release, elsewhere)) {
      cluster.admin().v1().events().inNamespace(namespace).delete();
      cluster.admin().services().inNamespace(namespace).withLabel(AdapterService.GATEWAYS).delete();
      cluster
          .admin()
          .discovery()
          .v1()
          .endpointSlices()
          .inNamespace(namespace)
          .withLabel(AdapterService.GATEWAYS)
          .delete();
    }
  }

  /** A client of the account, whose own namespace is that of the release. */
  private static KubernetesClient client() {
    try (KubernetesClient of = cluster.account(release, chart.account())) {
      Config config = new ConfigBuilder(of.getConfiguration()).withNamespace(release).build();
      return new KubernetesClientBuilder().withConfig(config).build();
    }
  }

  private void start() {
    objects = new AdapterObjects(context -> client(), told, name -> false, new Listener());
    objects.follow(new Cluster(Set.of(elsewhere), true, true), release, "gateway-lora-gateway");
    adapters.create("a", "{ source: { url: 's3://b/a', secretRef: { name: hub } } }");
  }

  /** What is there while an adapter of an object and one of the configuration are loaded. */
  private Map<String, AdapterStatus> both(AdapterPhase phase, String address) {
    Map<String, AdapterStatus> both = new HashMap<>();
    String origin = "kubernetes:" + elsewhere + "/a";
    both.putAll(fares("a", origin, phase, "", ready(address)));
    both.putAll(fares("b", "configuration", phase, "", ready(address)));
    return both;
  }

  private String phase() {
    LoraAdapterStatus status = adapters.status("a");
    return status == null ? "" : String.valueOf(status.phase());
  }

  private boolean failed(String what) {
    return failures.keySet().stream().anyMatch(source -> source.startsWith(what));
  }

  /** Does everything, as far as it goes before something is refused. */
  private void everything(String refused) {
    start();
    step(refused, () -> objects.leads() && told.names().equals(List.of("a")));
    objects.changed(both(AdapterPhase.READY, "10.9.0.1:8000"));
    step(refused, () -> phase().equals("Ready") && slices("10.9.0.1") == 2);
    objects.changed(both(AdapterPhase.ARCHIVED, "10.9.0.1:8001"));
    step(refused, () -> phase().equals("Archived") && slices("-8001") == 2);
    objects.changed(both(AdapterPhase.READY, "10.9.0.2:8001"));
    step(refused, () -> phase().equals("Ready") && counted() && slices("10.9.0.2") == 2);
    adapters.delete("a");
    objects.changed(Map.of());
    step(refused, () -> adapters.get("a") == null && slices("") == 0 && services() == 0);
  }

  private void step(String refused, Callable<Boolean> done) {
    await().atMost(SOON).until(() -> (!refused.isEmpty() && isRefused(refused)) || done.call());
  }

  /** Whether it is, or was. */
  private boolean isRefused(String what) {
    if (what.equals("Secret") && adapters.condition("a", "Accepted").endsWith("Forbidden")) {
      failures.put(what, Set.of(403));
    }
    return failed(what);
  }

  private static boolean counted() {
    return cluster.admin().v1().events().inNamespace(elsewhere).list().getItems().stream()
        .anyMatch(event -> event.getCount() != null && event.getCount() > 1);
  }

  /** Slices in which a text occurs. */
  private static long slices(String text) {
    return List.of(release, elsewhere).stream()
        .flatMap(
            namespace ->
                cluster
                    .admin()
                    .discovery()
                    .v1()
                    .endpointSlices()
                    .inNamespace(namespace)
                    .withLabel(AdapterService.GATEWAYS)
                    .list()
                    .getItems()
                    .stream())
        .filter(slice -> slice.toString().contains(text))
        .count();
  }

  private static long services() {
    return List.of(release, elsewhere).stream()
        .mapToLong(
            namespace ->
                cluster
                    .admin()
                    .services()
                    .inNamespace(namespace)
                    .withLabel(AdapterService.GATEWAYS)
                    .list()
                    .getItems()
                    .size())
        .sum();
  }

  @Test
  void account_hasAllRights_nothingIsRefused() {
    everything("");

    assertThat(failures).isEmpty();
    assertThat(watching)
        .isEqualTo(
            Map.of("LoraAdapters in " + elsewhere, true, "ModelAdapters in " + elsewhere, true));
  }

  @Test
  void rights_ofTheChart_areThoseWhoseNeedIsKnown() {
    assertThat(chart.rights()).containsExactlyInAnyOrderElementsOf(NEEDS.keySet());
  }

  static List<Right> rights() {
    return chart.rights();
  }

  @ParameterizedTest
  @MethodSource("rights")
  void account_lacksOneRight_thatIsSaid(Right right) {
    String refused = NEEDS.get(right);
    assertThat(refused).as("what needs this right").isNotNull();
    chart.take(right);
    await().atMost(SOON).until(() -> !chart.allows(right));

    everything(refused);

    await().atMost(SOON).until(() -> isRefused(refused));
    assertThat(failures.values()).allSatisfy(codes -> assertThat(codes).containsExactly(403));
  }

  private final class Listener implements DiscoveryListener {
    @Override
    public void watching(String pool, String source, boolean works) {
      watching.put(source, works);
    }

    @Override
    public void failed(String pool, String source, int code) {
      failures.computeIfAbsent(source, key -> ConcurrentHashMap.newKeySet()).add(code);
    }
  }
}
