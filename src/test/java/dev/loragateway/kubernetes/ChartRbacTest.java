package dev.loragateway.kubernetes;

import static dev.loragateway.kubernetes.ClusterExtension.SOON;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.access.KeysSecret;
import dev.loragateway.kubernetes.ChartRoles.Right;
import dev.loragateway.kubernetes.ChartRoles.Where;
import dev.loragateway.kubernetes.KubernetesSource.InferencePool;
import dev.loragateway.kubernetes.KubernetesSource.Service;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The account that the chart makes may do all that the gateway does, and no right of it is idle:
 * {@code mvn verify -Pkube}. One pool finds its endpoints in the namespace of the release, another
 * one elsewhere.
 */
@Tag("kube")
class ChartRbacTest {
  @RegisterExtension static final ClusterExtension cluster = new ClusterExtension();

  private static String release;
  private static String elsewhere;

  private static final String LEASE = "gateway-lora-gateway";
  private static final String KEYS = "gateway-keys";

  /** What must stop working without each right: every right of the chart has its entry here. */
  private static final Map<Right, Consumer<ChartRbacTest>> NEEDS =
      Map.ofEntries(
          entry(
              new Right(Where.RELEASE, "discovery.k8s.io", "endpointslices", "list"),
              test -> test.isNotWatched(service().toString())),
          entry(
              new Right(Where.RELEASE, "discovery.k8s.io", "endpointslices", "watch"),
              test -> test.isNotWatched(service().toString())),
          entry(
              new Right(Where.RELEASE, "", "pods", "list"),
              test -> test.isNotWatched("Pods in " + release)),
          entry(
              new Right(Where.RELEASE, "", "pods", "watch"),
              test -> test.isNotWatched("Pods in " + release)),
          entry(
              new Right(Where.RELEASE, "", "pods", "get"),
              test -> test.isNotAnnotated(release, "a")),
          entry(
              new Right(Where.RELEASE, "", "pods", "patch"),
              test -> test.isNotAnnotated(release, "a")),
          entry(
              new Right(Where.RELEASE, "", "secrets", KEYS, "list"),
              test -> test.isNotWatched(secret().toString())),
          entry(
              new Right(Where.RELEASE, "", "secrets", KEYS, "watch"),
              test -> test.isNotWatched(secret().toString())),
          entry(
              new Right(Where.RELEASE, "coordination.k8s.io", "leases", "create"),
              test -> test.isForbidden(lease())),
          entry(
              new Right(Where.RELEASE, "coordination.k8s.io", "leases", LEASE, "get"),
              test -> test.isForbidden(lease())),
          entry(
              new Right(Where.RELEASE, "coordination.k8s.io", "leases", LEASE, "patch"),
              test -> test.isForbidden(lease())),
          entry(
              new Right(Where.ELSEWHERE, "inference.networking.k8s.io", "inferencepools", "list"),
              test -> test.isNotWatched(pool().toString())),
          entry(
              new Right(Where.ELSEWHERE, "inference.networking.k8s.io", "inferencepools", "watch"),
              test -> test.isNotWatched(pool().toString())),
          entry(
              new Right(Where.ELSEWHERE, "", "pods", "list"),
              test -> test.isNotWatched(pool().toString())),
          entry(
              new Right(Where.ELSEWHERE, "", "pods", "watch"),
              test -> test.isNotWatched(pool().toString())),
          entry(
              new Right(Where.ELSEWHERE, "", "pods", "get"),
              test -> test.isNotAnnotated(elsewhere, "b")),
          entry(
              new Right(Where.ELSEWHERE, "", "pods", "patch"),
              test -> test.isNotAnnotated(elsewhere, "b")));

  private static ChartRoles chart;

  private final Map<String, List<Discovered>> found = new ConcurrentHashMap<>();
  private final Map<String, Boolean> watching = new ConcurrentHashMap<>();
  private final Map<String, Set<Integer>> failures = new ConcurrentHashMap<>();
  private final List<Boolean> annotated = new CopyOnWriteArrayList<>();
  private final SecretReports keys = new SecretReports();
  private KubernetesDiscovery discovery;
  private SecretFollower follower;

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
              pools:
                - name: services
                  baseModel: llama
                  kubernetes: { service: vllm, port: http }
                - name: pools
                  baseModel: qwen
                  inferencePool: { namespace: %s, name: vllm }
              kubernetes: { annotations: { write: true } }
              access: { keysSecret: { name: gateway-keys } }
            """
                .formatted(elsewhere));

    new Secrets(cluster.admin(), release).write(KEYS, "keys: []");
    ServicePods pods = new ServicePods(cluster.admin(), release, "vllm");
    pods.starts("a", "10.9.0.1");
    pods.ready("a");
    cluster
        .admin()
        .resource(RealInferencePoolTest.pool(elsewhere, Map.of("app", "vllm"), 8000))
        .create();
    Pods selected = new Pods(cluster.admin(), elsewhere);
    selected.create("b", Map.of("app", "vllm"));
    selected.runs("b", "10.9.0.2", true);
  }

  @AfterEach
  void restore() {
    if (discovery != null) {
      discovery.close();
      follower.close();
    }
    chart.restore();
    cluster.admin().leases().inNamespace(release).withName(LEASE).delete();
    annotate(release, "a");
    annotate(elsewhere, "b");
    rights().forEach(right -> await().atMost(SOON).until(() -> chart.allows(right)));
  }

  private static Service service() {
    return new Service("", release, "vllm", "http");
  }

  private static InferencePool pool() {
    return new InferencePool("", elsewhere, "vllm");
  }

  private static KeysSecret secret() {
    return new KeysSecret(release, KEYS, "keys.yaml");
  }

  private static String lease() {
    return "Lease " + release + "/" + LEASE;
  }

  private static ObjectMeta metadata(String namespace, String pod) {
    return cluster.admin().pods().inNamespace(namespace).withName(pod).get().getMetadata();
  }

  private static @Nullable String annotation(String namespace, String pod) {
    Map<String, String> annotations = metadata(namespace, pod).getAnnotations();
    return Declared.annotation(annotations);
  }

  /** Removes the annotation of a pod. */
  private static void annotate(String namespace, String pod) {
    cluster
        .admin()
        .pods()
        .inNamespace(namespace)
        .withName(pod)
        .edit(
            now ->
                new PodBuilder(now)
                    .editMetadata()
                    .removeFromAnnotations(Discovered.ADAPTERS)
                    .endMetadata()
                    .build());
  }

  private void discover() {
    String name = chart.account();
    Map<String, List<String>> held =
        Map.of(
            metadata(release, "a").getUid(), List.of("x", "y"),
            metadata(elsewhere, "b").getUid(), List.of("z"));
    discovery =
        new KubernetesDiscovery(
            context -> cluster.account(release, name), found::put, new Listener(), () -> held);
    discovery.configure(
        Map.of("services", List.of(service()), "pools", List.of(pool())),
        new AnnotationSettings(true, true, release, LEASE));
    follower = new SecretFollower(context -> cluster.account(release, name), keys, new Listener());
    follower.follow(secret());
  }

  /** Requests for this, and for nothing else, are refused. */
  private void isForbidden(String what) {
    discover();
    await().atMost(SOON).untilAsserted(() -> assertThat(failures).containsKey(what));
    assertThat(failures).isEqualTo(Map.of(what, Set.of(403)));
  }

  /** The same, of what cannot be watched. */
  private void isNotWatched(String source) {
    isForbidden(source);
    await().atMost(SOON).until(() -> !watching.getOrDefault(source, true));
  }

  /** This pod is not annotated, and the other one is. */
  private void isNotAnnotated(String namespace, String pod) {
    discover();
    await().atMost(SOON).until(() -> Set.copyOf(annotated).equals(Set.of(true, false)));
    assertThat(annotation(namespace, pod)).isNull();
    assertThat(failures).isEmpty();
  }

  @Test
  void account_hasAllRights_findsAndWatchesEverything() {
    discover();

    await().atMost(SOON).until(() -> found.keySet().equals(Set.of("services", "pools")));
    await().atMost(SOON).until(() -> keys.contents.equals(List.of("keys: []")));
    Map<String, Boolean> all =
        Map.of(
            service().toString(),
            true,
            pool().toString(),
            true,
            "Pods in " + release,
            true,
            secret().toString(),
            true);
    await().atMost(SOON).until(() -> watching.equals(all));
    await().atMost(SOON).until(() -> annotated.equals(List.of(true, true)));
    assertThat(annotation(release, "a")).isEqualTo("x,y");
    assertThat(annotation(elsewhere, "b")).isEqualTo("z");
    assertThat(found.get("services")).extracting(Discovered::host).containsExactly("10.9.0.1");
    assertThat(found.get("pools")).extracting(Discovered::host).containsExactly("10.9.0.2");
    assertThat(failures).isEmpty();
  }

  @Test
  void rights_ofTheChart_areThoseWhoseNeedIsKnown() {
    assertThat(rights()).containsExactlyInAnyOrderElementsOf(NEEDS.keySet());
  }

  @ParameterizedTest
  @MethodSource("rights")
  void account_lacksOneRight_somethingStops(Right right) {
    assertThat(NEEDS).as("what needs this right").containsKey(right);
    chart.take(right);
    await().atMost(SOON).until(() -> !chart.allows(right));

    NEEDS.get(right).accept(this);
  }

  private static List<Right> rights() {
    return chart.rights();
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

    @Override
    public void annotated(boolean done) {
      annotated.add(done);
    }
  }
}
