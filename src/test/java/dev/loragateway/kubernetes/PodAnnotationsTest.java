package dev.loragateway.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.kubernetes.KubernetesSource.Service;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What pods declare, read and written, against a mock API server. */
class PodAnnotationsTest {
  private static final Service SERVICE = new Service("", "llm", "vllm", "");

  private final KubernetesMockServer server = MockApiServer.create();
  private final Map<String, List<Discovered>> found = new ConcurrentHashMap<>();
  private final Map<String, List<String>> held = new ConcurrentHashMap<>();
  private final Reports reports = new Reports();
  private KubernetesClient client;
  private KubernetesDiscovery discovery;
  private AnnotationWriter writer;
  private final AtomicBoolean leads = new AtomicBoolean(true);
  private long now;

  @BeforeEach
  void start() {
    server.init();
    client = server.createClient();
    discovery =
        new KubernetesDiscovery(context -> server.createClient(), found::put, reports, () -> held);
    writer = new AnnotationWriter(leads::get, () -> held, reports, () -> now);
    writer.watch(List.of(new Listed(client)));
  }

  @AfterEach
  void stop() {
    discovery.close();
    client.close();
    server.destroy();
  }

  /** All pods, as they are when they are looked at. */
  private record Listed(KubernetesClient client) implements KnownPods {
    @Override
    public Stream<Pod> pods() {
      return client.pods().inNamespace("llm").list().getItems().stream();
    }
  }

  /** Creates a pod, with a slice of its own; returns its UID. */
  private String pod(String name, String declared) {
    Pod pod =
        client
            .resource(
                new PodBuilder()
                    .withNewMetadata()
                    .withNamespace("llm")
                    .withName(name)
                    .addToAnnotations("other", "stays")
                    .addToAnnotations(Discovered.ADAPTERS, declared)
                    .endMetadata()
                    .build())
            .create();
    client
        .resource(
            new EndpointSliceBuilder()
                .withNewMetadata()
                .withNamespace("llm")
                .withName(name)
                .addToLabels("kubernetes.io/service-name", "vllm")
                .addToAnnotations(Discovered.ADAPTERS, "of-slice")
                .endMetadata()
                .withAddressType("IPv4")
                .addNewPort()
                .withPort(8000)
                .endPort()
                .addNewEndpoint()
                .withAddresses("10.0.0.1")
                .withNewTargetRef()
                .withKind("Pod")
                .withName(name)
                .withUid(pod.getMetadata().getUid())
                .endTargetRef()
                .endEndpoint()
                .build())
        .create();
    return pod.getMetadata().getUid();
  }

  private void annotate(String name, String declared) {
    client
        .pods()
        .inNamespace("llm")
        .withName(name)
        .edit(
            pod ->
                new PodBuilder(pod)
                    .editMetadata()
                    .addToAnnotations(Discovered.ADAPTERS, declared)
                    .endMetadata()
                    .build());
  }

  private @Nullable String annotation(String name) {
    return client
        .pods()
        .inNamespace("llm")
        .withName(name)
        .get()
        .getMetadata()
        .getAnnotations()
        .get(Discovered.ADAPTERS);
  }

  private void watch(boolean read, boolean write) {
    discovery.configure(
        Map.of("p", List.of(SERVICE)), new AnnotationSettings(read, write, "llm", "gateways"));
  }

  private void awaitDeclared(String... adapters) {
    await()
        .untilAsserted(
            () -> {
              assertThat(found.getOrDefault("p", List.of())).hasSize(1);
              assertThat(found.get("p").getFirst().adapters()).containsExactly(adapters);
            });
  }

  @Test
  void read_podsOfAService_declareBeforeTheirSlice() {
    pod("x", "b, a");
    watch(true, false);
    awaitDeclared("b", "a");

    annotate("x", "c");
    awaitDeclared("c");
    annotate("x", "");
    awaitDeclared("of-slice");
  }

  @Test
  void read_switchedOff_nothingIsDeclared() {
    pod("x", "a");
    watch(true, false);
    awaitDeclared("a");

    watch(false, false);

    awaitDeclared();
  }

  @Test
  void read_podsMayNotBeListed_endpointsAreFoundAndItIsTold() {
    server
        .expect()
        .get()
        .withPath("/api/v1/namespaces/llm/pods?resourceVersion=0")
        .andReturn(403, new StatusBuilder().withCode(403).withMessage("cannot list pods").build())
        .once();
    pod("x", "a");
    watch(true, false);

    await().untilAsserted(() -> assertThat(reports.failures).contains(403));
    awaitDeclared("a");
  }

  @Test
  void write_oneGatewayAfterTheOther_theOneWithTheLeaseDoes() {
    String uid = pod("x", "old");
    held.put(uid, List.of("a", "b"));
    watch(true, true);
    await().untilAsserted(() -> assertThat(annotation("x")).isEqualTo("a,b"));
    awaitDeclared("a", "b");
    assertThat(reports.leads).isTrue();

    Reports others = new Reports();
    String second = pod("y", "old");
    try (KubernetesDiscovery other =
        new KubernetesDiscovery(
            context -> server.createClient(),
            (pool, endpoints) -> {},
            others,
            () -> Map.of(second, List.of("c")))) {
      other.configure(
          Map.of("p", List.of(SERVICE)), new AnnotationSettings(true, true, "llm", "gateways"));
      await().untilAsserted(() -> assertThat(others.watching).containsValue(true));
      assertThat(others.leads).isFalse();
      assertThat(annotation("y")).isEqualTo("old");

      discovery.close();

      await().untilAsserted(() -> assertThat(annotation("y")).isEqualTo("c"));
    }
  }

  /** As many looks as a change can be waited for. */
  private void look() {
    for (int i = 0; i < 5; i++) {
      now += AnnotationWriter.LOOK.toNanos();
      writer.look();
    }
  }

  @Test
  void writer_changesWithin30Seconds_areWrittenTogetherAfterThem() {
    String uid = pod("x", "");
    held.put(uid, List.of("a"));
    look();
    assertThat(annotation("x")).isEqualTo("a");
    assertThat(client.pods().inNamespace("llm").withName("x").get().getMetadata().getAnnotations())
        .containsEntry("other", "stays");

    held.put(uid, List.of("b", "a"));
    look();
    held.put(uid, List.of("c", "b"));
    look();
    assertThat(annotation("x")).isEqualTo("a");
    now += TimeUnit.SECONDS.toNanos(30);
    look();

    assertThat(annotation("x")).isEqualTo("c,b");
    assertThat(reports.annotated).containsExactly(true, true);
  }

  @Test
  void writer_somebodyElseChangedTheAnnotation_waitsAsLong() {
    String uid = pod("x", "");
    look();
    annotate("x", "b");
    held.put(uid, List.of("a"));
    look();
    assertThat(annotation("x")).isEqualTo("b");

    now += TimeUnit.SECONDS.toNanos(30);
    look();

    assertThat(annotation("x")).isEqualTo("a");
  }

  @Test
  void writer_sameAdaptersInAnotherOrder_areNotWritten() {
    String uid = pod("x", "a,b");
    held.put(uid, List.of("b", "a"));

    look();

    assertThat(reports.annotated).isEmpty();
    assertThat(annotation("x")).isEqualTo("a,b");
  }

  @Test
  void writer_podHoldsNoneAnyMore_theAnnotationGoes() {
    held.put(pod("x", "a"), List.of());

    look();

    assertThat(annotation("x")).isNull();
  }

  @Test
  void writer_adaptersThatNeverRest_areWrittenAllTheSame() {
    String uid = pod("x", "");
    for (int i = 0; i < 5; i++) {
      held.put(uid, List.of("a-" + i));
      now += AnnotationWriter.LOOK.toNanos();
      writer.look();
    }

    assertThat(annotation("x")).startsWith("a-");
  }

  @Test
  void writer_doesNotLead_writesNothing() {
    held.put(pod("x", "old"), List.of("a"));
    leads.set(false);

    look();

    assertThat(annotation("x")).isEqualTo("old");
  }

  @Test
  void writer_manyPods_areWrittenAFewAtATime() {
    for (int i = 0; i < 20; i++) {
      held.put(pod("x" + i, ""), List.of("a"));
    }
    now += AnnotationWriter.LOOK.toNanos();
    writer.look();
    now += AnnotationWriter.LOOK.toNanos();
    writer.look();
    assertThat(reports.annotated).hasSize(4);

    look();

    assertThat(reports.annotated).hasSize(20);
  }

  @Test
  void writer_nameWithAComma_isNotWrittenAgainAndAgain() {
    held.put(pod("x", ""), List.of("a,b"));
    look();
    now += TimeUnit.SECONDS.toNanos(30);
    look();

    assertThat(reports.annotated).containsExactly(true);
  }

  @Test
  void writer_mayNotPatch_leavesTheNamespaceAloneForAWhile() {
    for (int i = 0; i < 3; i++) {
      held.put(pod("x" + i, ""), List.of("a"));
      server
          .expect()
          .patch()
          .withPath("/api/v1/namespaces/llm/pods/x" + i + "?fieldManager=lora-gateway")
          .andReturn(403, new StatusBuilder().withCode(403).withMessage("cannot patch").build())
          .always();
    }
    look();
    assertThat(reports.annotated).containsExactly(false);

    now += TimeUnit.SECONDS.toNanos(30);
    look();

    assertThat(reports.annotated).containsExactly(false, false);
  }

  @Test
  void writer_mayNotPatch_isToldAndTriesAgainLater() {
    String uid = pod("x", "");
    held.put(uid, List.of("a"));
    server
        .expect()
        .patch()
        .withPath("/api/v1/namespaces/llm/pods/x?fieldManager=lora-gateway")
        .andReturn(403, new StatusBuilder().withCode(403).withMessage("cannot patch pods").build())
        .once();
    look();
    assertThat(reports.annotated).containsExactly(false);

    now += TimeUnit.SECONDS.toNanos(30);
    look();

    assertThat(annotation("x")).isEqualTo("a");
  }
}
