package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.loragateway.kubernetes.Discovered;
import dev.loragateway.kubernetes.KubernetesSource;
import dev.loragateway.sim.SimulatedServer;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/** A gateway whose endpoints come from an API server, by the kubeconfig file. */
@ResourceLock(Resources.SYSTEM_PROPERTIES)
final class KubernetesTest {
  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private MockCluster mock;
  private KubernetesClient cluster;

  @BeforeEach
  void start(@TempDir Path directory) throws IOException {
    mock = new MockCluster(directory);
    cluster = mock.client();
  }

  @AfterEach
  void stop() {
    mock.close();
  }

  private static EndpointSlice slice(String name, String address, boolean terminating) {
    int colon = address.lastIndexOf(':');
    return new EndpointSliceBuilder()
        .withNewMetadata()
        .withNamespace("llm")
        .withName(name)
        .addToLabels("kubernetes.io/service-name", "vllm")
        .endMetadata()
        .withAddressType("IPv4")
        .addNewPort()
        .withName("http")
        .withPort(Integer.valueOf(address.substring(colon + 1)))
        .endPort()
        .addNewEndpoint()
        .withAddresses(address.substring(0, colon))
        .withNewConditions()
        .withReady(!terminating)
        .withServing(true)
        .withTerminating(terminating)
        .endConditions()
        .endEndpoint()
        .build();
  }

  private void ready(String name, String address) {
    cluster.resource(slice(name, address, false)).createOr(item -> item.update());
  }

  private void terminating(String name, String address) {
    cluster.resource(slice(name, address, true)).update();
  }

  private static Setup setup() {
    return Setup.of().source(new KubernetesSource.Service("", "llm", "vllm", "http"));
  }

  private static Set<String> addresses(Gateway gateway) {
    return GatewayExtension.state(gateway).findValuesAsText("address").stream()
        .collect(java.util.stream.Collectors.toSet());
  }

  private static void awaitUp(Gateway gateway, SimulatedServer server) {
    await()
        .atMost(SOON)
        .until(() -> addresses(gateway).contains(server.address()) && isUp(gateway, server));
  }

  private static boolean isUp(Gateway gateway, SimulatedServer server) {
    return GatewayExtension.endpoint(gateway, server.address())
        .path("health")
        .asText()
        .equals("up");
  }

  @Test
  void endpoints_comeAndGo_requestsFollow() {
    SimulatedServer a = gateways.simulator("base", "lora");
    SimulatedServer b = gateways.simulator("base", "lora");
    ready("a", a.address());
    Gateway gateway = gateways.start(setup());
    awaitUp(gateway, a);
    assertThat(gateways.chat(gateway, "lora").endpoint()).isEqualTo(a.address());

    ready("b", b.address());
    awaitUp(gateway, b);
    terminating("a", a.address());
    await().atMost(SOON).until(() -> addresses(gateway).equals(Set.of(b.address())));

    assertThat(gateways.chat(gateway, "lora").endpoint()).isEqualTo(b.address());
    terminating("b", b.address());
    await().atMost(SOON).until(() -> addresses(gateway).isEmpty());
    assertThat(gateways.chat(gateway, "lora").status()).isEqualTo(503);
    assertThat(gateways.chat(gateway, "base").status()).isEqualTo(503);
  }

  @Test
  void rollingRestart_withClientsAllTheTime_failsNoRequest() throws Exception {
    List<SimulatedServer> pool = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      pool.add(gateways.simulator("base", "lora"));
      ready("pod-" + i, pool.get(i).address());
    }
    Gateway gateway = gateways.start(setup());
    pool.forEach(at -> awaitUp(gateway, at));
    AtomicBoolean over = new AtomicBoolean();
    List<Future<Integer>> clients = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (int i = 0; i < 4; i++) {
        clients.add(threads.submit(() -> streams(gateway, over)));
      }
      for (int i = 0; i < 2; i++) {
        SimulatedServer next = gateways.simulator("base", "lora");
        ready("next-" + i, next.address());
        awaitUp(gateway, next);
        SimulatedServer old = pool.get(i);
        terminating("pod-" + i, old.address());
        await().atMost(SOON).until(() -> !addresses(gateway).contains(old.address()));
        await().atMost(SOON).until(() -> isIdle(old));
        old.close();
        cluster.resource(slice("pod-" + i, old.address(), true)).delete();
      }
      over.set(true);
      int served = 0;
      for (Future<Integer> client : clients) {
        served += client.get(20, TimeUnit.SECONDS);
      }
      assertThat(served).isGreaterThan(20);
    }
  }

  private static boolean isIdle(SimulatedServer server) throws IOException {
    URI metrics = URI.create("http://" + server.address() + "/metrics");
    try (InputStream page = metrics.toURL().openStream()) {
      return new String(page.readAllBytes(), UTF_8)
          .lines()
          .filter(line -> line.startsWith("vllm:num_requests_"))
          .allMatch(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))) == 0);
    }
  }

  /** Streams one after the other; every one must be whole. Returns how many there were. */
  private static int streams(Gateway gateway, AtomicBoolean over) {
    int served = 0;
    try (WireClient client = gateways.client(gateway)) {
      while (!over.get()) {
        WireResponse response = client.send(Requests.stream("lora", 8)).read();
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.text()).endsWith("data: [DONE]\n\n");
        served++;
      }
    }
    return served;
  }

  @Test
  void endpoint_declaresItsAdapters_isUsedBeforeItWasAsked() throws IOException {
    CountDownLatch answered = new CountDownLatch(1);
    HttpServer busy =
        HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
    busy.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    busy.createContext("/", call -> hang(answered));
    busy.createContext("/v1/chat/completions", KubernetesTest::answer);
    busy.start();
    try {
      String address = "127.0.0.1:" + busy.getAddress().getPort();
      EndpointSlice declaring = slice("a", address, false);
      declaring.getMetadata().setAnnotations(Map.of(Discovered.ADAPTERS, "lora"));
      cluster.resource(declaring).create();
      Gateway gateway = gateways.launch(setup());

      await().atMost(SOON).until(() -> addresses(gateway).contains(address));
      assertThat(gateways.chat(gateway, "lora").status()).isEqualTo(200);
    } finally {
      answered.countDown();
      busy.stop(0);
    }
  }

  private static void hang(CountDownLatch until) {
    try {
      until.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void answer(HttpExchange call) throws IOException {
    try (call) {
      call.getRequestBody().readAllBytes();
      call.sendResponseHeaders(200, 2);
      call.getResponseBody().write("{}".getBytes(UTF_8));
    }
  }

  /** A pod with a slice of its own. */
  private void pod(String name, SimulatedServer at) {
    Pod pod =
        cluster
            .resource(
                new PodBuilder()
                    .withNewMetadata()
                    .withNamespace("llm")
                    .withName(name)
                    .endMetadata()
                    .build())
            .create();
    EndpointSlice slice = slice(name, at.address(), false);
    slice
        .getEndpoints()
        .getFirst()
        .setTargetRef(
            new ObjectReferenceBuilder()
                .withUid(pod.getMetadata().getUid())
                .withName(name)
                .build());
    cluster.resource(slice).create();
  }

  private void awaitAnnotation(String pod, String adapters) {
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(cluster.pods().inNamespace("llm").withName(pod).get())
                    .extracting(found -> found.getMetadata().getAnnotations())
                    .isEqualTo(Map.of(Discovered.ADAPTERS, adapters)));
  }

  private static boolean leads(Gateway gateway) {
    return GatewayExtension.admin(gateway, "/metrics")
        .text()
        .contains("\nlora_gateway_annotations_leader 1.0\n");
  }

  @Test
  void twoGateways_oneAnnotatesPods_theOtherTakesOver() {
    SimulatedServer first = gateways.simulator("base", "lora");
    pod("one", first);
    Gateway leader = gateways.start(setup().annotate());
    await().atMost(SOON).until(() -> leads(leader));
    Gateway follower = gateways.start(setup().annotate());
    awaitUp(follower, first);

    assertThat(gateways.chat(follower, "lora").status()).isEqualTo(200);
    awaitAnnotation("one", "lora");
    assertThat(leads(follower)).isFalse();
    leader.close();
    await().atMost(SOON).until(() -> leads(follower));
    SimulatedServer second = gateways.simulator("base", "third");
    pod("two", second);
    awaitUp(follower, second);
    assertThat(gateways.chat(follower, "third").status()).isEqualTo(200);

    awaitAnnotation("two", "third");
  }

  @Test
  void pool_ofWhichNothingIsKnownYet_isNotReady() {
    mock.stop();
    Gateway gateway = gateways.launch(setup());

    assertThat(gateway.ready()).isFalse();
    assertThat(gateways.chat(gateway, "base").status()).isEqualTo(503);
  }
}
