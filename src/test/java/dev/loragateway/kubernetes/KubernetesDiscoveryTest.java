package dev.loragateway.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.kubernetes.KubernetesSource.InferencePool;
import dev.loragateway.kubernetes.KubernetesSource.Service;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a mock API server that keeps what is created and tells its watchers. */
class KubernetesDiscoveryTest {
  private final KubernetesMockServer server = MockApiServer.create();
  private final Map<String, List<Discovered>> found = new ConcurrentHashMap<>();
  private final Reports reports = new Reports();
  private KubernetesClient client;
  private KubernetesDiscovery discovery;

  @BeforeEach
  void start() {
    server.init();
    client = server.createClient();
    discovery =
        new KubernetesDiscovery(context -> server.createClient(), found::put, reports, Map::of);
  }

  @AfterEach
  void stop() {
    discovery.close();
    client.close();
    server.destroy();
  }

  private static EndpointSlice slice(
      String namespace, String service, String name, String... ready) {
    EndpointSlice slice =
        new EndpointSliceBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName(name)
            .addToLabels("kubernetes.io/service-name", service)
            .endMetadata()
            .withAddressType("IPv4")
            .addNewPort()
            .withName("http")
            .withPort(8000)
            .endPort()
            .build();
    for (String address : ready) {
      slice =
          new EndpointSliceBuilder(slice)
              .addNewEndpoint()
              .withAddresses(address)
              .withNewConditions()
              .withReady(true)
              .endConditions()
              .endEndpoint()
              .build();
    }
    return slice;
  }

  private void create(EndpointSlice slice) {
    client.resource(slice).create();
  }

  private Set<String> hosts(String pool) {
    return found.getOrDefault(pool, List.of()).stream()
        .map(Discovered::host)
        .collect(java.util.stream.Collectors.toSet());
  }

  private void awaitHosts(String pool, String... hosts) {
    await().untilAsserted(() -> assertThat(hosts(pool)).containsExactlyInAnyOrder(hosts));
  }

  private void watch(String pool, KubernetesSource... sources) {
    discovery.configure(Map.of(pool, List.of(sources)), AnnotationSettings.DEFAULTS);
  }

  @Test
  void service_slicesComeChangeAndGo_endpointsFollow() {
    create(slice("llm", "vllm", "vllm-1", "10.0.0.1"));
    watch("p", new Service("", "llm", "vllm", "http"));
    awaitHosts("p", "10.0.0.1");

    create(slice("llm", "vllm", "vllm-2", "10.0.0.2", "10.0.0.3"));
    awaitHosts("p", "10.0.0.1", "10.0.0.2", "10.0.0.3");
    client.resource(slice("llm", "vllm", "vllm-2", "10.0.0.3")).update();
    awaitHosts("p", "10.0.0.1", "10.0.0.3");
    client.resource(slice("llm", "vllm", "vllm-1")).delete();
    awaitHosts("p", "10.0.0.3");
  }

  @Test
  void service_otherServicesAndNamespaces_areNotMixedIn() {
    create(slice("llm", "vllm", "vllm-1", "10.0.0.1"));
    create(slice("llm", "other", "other-1", "10.0.0.2"));
    create(slice("dev", "vllm", "vllm-1", "10.0.0.3"));
    discovery.configure(
        Map.of(
            "p", List.of(new Service("", "llm", "vllm", "")),
            "q", List.of(new Service("", "dev", "vllm", ""))),
        AnnotationSettings.DEFAULTS);

    awaitHosts("p", "10.0.0.1");
    awaitHosts("q", "10.0.0.3");
  }

  @Test
  void configure_anotherSourceIsAdded_theEndpointsOfTheOthersStayAllTheTime() {
    create(slice("llm", "one", "one-1", "10.0.0.1"));
    create(slice("llm", "two", "two-1", "10.0.0.2"));
    Service one = new Service("", "llm", "one", "");
    List<List<Discovered>> told = new CopyOnWriteArrayList<>();
    discovery.close();
    discovery =
        new KubernetesDiscovery(
            context -> server.createClient(),
            (pool, endpoints) -> {
              told.add(endpoints);
              found.put(pool, endpoints);
            },
            reports,
            Map::of);
    watch("p", one);
    awaitHosts("p", "10.0.0.1");

    watch("p", new Service("", "llm", "two", ""), one);
    awaitHosts("p", "10.0.0.1", "10.0.0.2");

    assertThat(told).allMatch(list -> list.stream().anyMatch(at -> at.host().equals("10.0.0.1")));
  }

  @Test
  void service_withoutANamespace_isInTheClientsOwn() {
    create(slice(client.getNamespace(), "vllm", "vllm-1", "10.0.0.1"));
    create(slice("elsewhere", "vllm", "vllm-1", "10.0.0.2"));
    watch("p", new Service("", "", "vllm", ""));

    awaitHosts("p", "10.0.0.1");
  }

  @Test
  void service_withoutEndpoints_isKnownToHaveNone() {
    watch("p", new Service("", "llm", "vllm", ""));

    await().untilAsserted(() -> assertThat(found).containsEntry("p", List.of()));
  }

  @Test
  void sources_ofSeveralClusters_areTogetherWithTheLocalOnesFirst() {
    create(slice("llm", "vllm", "vllm-1", "10.0.0.9"));
    create(slice("west", "vllm", "vllm-1", "10.0.0.1"));
    watch("p", new Service("far", "west", "vllm", ""), new Service("", "llm", "vllm", ""));

    awaitHosts("p", "10.0.0.9", "10.0.0.1");
    assertThat(found.get("p")).extracting(Discovered::host).containsExactly("10.0.0.9", "10.0.0.1");
    assertThat(found.get("p").get(1).origin().cluster()).isEqualTo("far");
  }

  @Test
  void sources_ofAClusterThatIsNotKnownYet_areWatchedOnceItIs() {
    create(slice("llm", "vllm", "vllm-1", "10.0.0.1"));
    AtomicBoolean known = new AtomicBoolean();
    discovery.close();
    discovery =
        new KubernetesDiscovery(
            context -> {
              if (context.equals("far") && !known.get()) {
                throw new IllegalArgumentException("no context far");
              }
              return server.createClient();
            },
            found::put,
            reports,
            Map::of);
    watch("p", new Service("far", "llm", "vllm", ""), new Service("", "llm", "vllm", ""));
    await().untilAsserted(() -> assertThat(found.getOrDefault("p", List.of())).hasSize(1));

    known.set(true);

    await().untilAsserted(() -> assertThat(found.get("p")).hasSize(2));
  }

  @Test
  void configure_aClusterIsNotWatchedAnyMore_itsClientIsClosed() {
    Map<String, KubernetesClient> clients = new ConcurrentHashMap<>();
    discovery.close();
    discovery =
        new KubernetesDiscovery(
            context -> {
              KubernetesClient made = server.createClient();
              clients.put(context, made);
              return made;
            },
            found::put,
            reports,
            Map::of);
    watch("p", new Service("far", "llm", "vllm", ""), new Service("", "llm", "vllm", ""));
    await().until(() -> clients.size() == 2);

    watch("p", new Service("", "llm", "vllm", ""));

    await().until(() -> closed(clients.get("far")));
    assertThat(closed(clients.get(""))).isFalse();
    assertThat(reports.failures).isEmpty();
  }

  private static boolean closed(KubernetesClient client) {
    return client.getHttpClient().isClosed();
  }

  @Test
  void configure_sourceOfAPoolChanges_theOldOneIsNoLongerWatched() {
    create(slice("llm", "old", "old-1", "10.0.0.1"));
    create(slice("llm", "new", "new-1", "10.0.0.2"));
    watch("p", new Service("", "llm", "old", ""));
    awaitHosts("p", "10.0.0.1");
    watch("p", new Service("", "llm", "new", ""));
    awaitHosts("p", "10.0.0.2");

    create(slice("llm", "old", "old-2", "10.0.0.3"));
    create(slice("llm", "new", "new-2", "10.0.0.4"));

    awaitHosts("p", "10.0.0.2", "10.0.0.4");
  }

  @Test
  void accountMayNotList_isToldAndRecoversWithoutARestart() {
    String path =
        "/apis/discovery.k8s.io/v1/namespaces/llm/endpointslices"
            + "?labelSelector=kubernetes.io%2Fservice-name%3Dvllm&resourceVersion=0";
    server
        .expect()
        .get()
        .withPath(path)
        .andReturn(
            403,
            new StatusBuilder()
                .withCode(403)
                .withMessage("User \"gw\" cannot list resource \"endpointslices\"")
                .build())
        .once();
    create(slice("llm", "vllm", "vllm-1", "10.0.0.1"));
    watch("p", new Service("", "llm", "vllm", ""));

    await().untilAsserted(() -> assertThat(reports.failures).contains(403));
    awaitHosts("p", "10.0.0.1");
    await().untilAsserted(() -> assertThat(reports.watching).containsValue(true));
  }

  private static Pod pod(String name, String address, String app, String ready) {
    return new PodBuilder()
        .withNewMetadata()
        .withNamespace("llm")
        .withName(name)
        .addToLabels("app", app)
        .addToAnnotations(Discovered.ADAPTERS, "a-" + name)
        .endMetadata()
        .withNewStatus()
        .withPodIP(address)
        .addNewCondition()
        .withType("Ready")
        .withStatus(ready)
        .endCondition()
        .endStatus()
        .build();
  }

  private static GenericKubernetesResource pool(String app) {
    GenericKubernetesResource pool = new GenericKubernetesResource();
    pool.setApiVersion("inference.networking.k8s.io/v1");
    pool.setKind("InferencePool");
    pool.setMetadata(new ObjectMetaBuilder().withName("pool").withNamespace("llm").build());
    pool.setAdditionalProperty(
        "spec",
        Map.of(
            "selector", Map.of("matchLabels", Map.of("app", app)),
            "targetPorts", List.of(Map.of("number", 8000), Map.of("number", 8001))));
    return pool;
  }

  @Test
  void inferencePool_readyPodsThatItSelects_areEndpointsAtEachPort() {
    client.resource(pod("x", "10.0.0.1", "vllm", "True")).create();
    client.resource(pod("y", "10.0.0.2", "vllm", "False")).create();
    client.resource(pod("z", "10.0.0.3", "other", "True")).create();
    client.genericKubernetesResources(PoolWatch.INFERENCE_POOL).resource(pool("vllm")).create();
    watch("p", new InferencePool("", "llm", "pool"));

    awaitHosts("p", "10.0.0.1");
    assertThat(found.get("p")).extracting(Discovered::port).containsExactly(8000, 8001);
    String uid = client.pods().inNamespace("llm").withName("x").get().getMetadata().getUid();
    assertThat(found.get("p").getFirst().origin().uid()).isEqualTo(uid);
    assertThat(found.get("p").getFirst().adapters()).containsExactly("a-x");
    client.resource(pod("y", "10.0.0.2", "vllm", "True")).update();
    awaitHosts("p", "10.0.0.1", "10.0.0.2");
  }

  @Test
  void inferencePool_selectsOthers_theirPodsAreTheEndpoints() {
    client.resource(pod("x", "10.0.0.1", "vllm", "True")).create();
    client.resource(pod("z", "10.0.0.3", "other", "True")).create();
    client.genericKubernetesResources(PoolWatch.INFERENCE_POOL).resource(pool("vllm")).create();
    watch("p", new InferencePool("", "llm", "pool"));
    awaitHosts("p", "10.0.0.1");

    client.genericKubernetesResources(PoolWatch.INFERENCE_POOL).resource(pool("other")).update();

    awaitHosts("p", "10.0.0.3");
  }
}
