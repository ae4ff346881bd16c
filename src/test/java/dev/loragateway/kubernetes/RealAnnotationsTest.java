package dev.loragateway.kubernetes;

import static dev.loragateway.kubernetes.ClusterExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Annotations of pods, written by one of two gateways: {@code mvn verify -Pkube}. */
@Tag("kube")
class RealAnnotationsTest {
  @RegisterExtension static final ClusterExtension cluster = new ClusterExtension();

  private final Map<String, List<String>> held = new ConcurrentHashMap<>();
  private final List<KubernetesDiscovery> started = new ArrayList<>();
  private ServicePods pods;

  /** What one gateway knows, and its own client. */
  private final class Gateway {
    final Map<String, List<Discovered>> found = new ConcurrentHashMap<>();
    final Reports reports = new Reports();
    final KubernetesClient client;

    Gateway(KubernetesClient client) {
      this.client = client;
    }

    Gateway start() {
      KubernetesDiscovery discovery =
          new KubernetesDiscovery(context -> client, found::put, reports, () -> held);
      started.add(discovery);
      discovery.configure(
          Map.of("p", List.of(pods.source())),
          new AnnotationSettings(true, true, cluster.namespace(), "gateways"));
      return this;
    }

    List<String> declared() {
      return found.getOrDefault("p", List.of()).stream()
          .flatMap(at -> at.adapters().stream())
          .toList();
    }
  }

  @BeforeEach
  void pod() {
    pods = cluster.service("vllm");
  }

  @AfterEach
  void stop() {
    started.forEach(KubernetesDiscovery::close);
  }

  private String startPod(String name, String ip) {
    pods.starts(name, ip);
    pods.ready(name);
    return get(name).getMetadata().getUid();
  }

  private static Pod get(String pod) {
    return cluster.admin().pods().inNamespace(cluster.namespace()).withName(pod).get();
  }

  private static @Nullable String annotation(String pod) {
    return Declared.annotation(get(pod).getMetadata().getAnnotations());
  }

  @Test
  void leader_annotates_theOtherGatewayKnows() {
    held.put(startPod("a", "10.9.0.1"), List.of("x", "y"));
    Gateway leader = new Gateway(cluster.server().admin()).start();
    await().atMost(SOON).until(() -> leader.reports.leads);
    Gateway follower = new Gateway(cluster.server().admin()).start();

    await().atMost(SOON).until(() -> follower.declared().equals(List.of("x", "y")));
    assertThat(annotation("a")).isEqualTo("x,y");
    assertThat(follower.reports.leads).isFalse();
    assertThat(follower.reports.annotated).isEmpty();
  }

  @Test
  void leader_isRefused_theOtherGatewayTakesOver() {
    RoleBinding rights = cluster.createAccount("leader", "ClusterRole", "cluster-admin");
    Gateway leader = new Gateway(cluster.account(cluster.namespace(), "leader")).start();
    await().atMost(SOON).until(() -> leader.reports.leads);
    Gateway follower = new Gateway(cluster.server().admin()).start();

    cluster.admin().resource(rights).delete();

    await().atMost(SOON).until(() -> follower.reports.leads);
    await().atMost(SOON).until(() -> !leader.reports.leads);
    held.put(startPod("a", "10.9.0.1"), List.of("x"));
    await().atMost(SOON).until(() -> "x".equals(annotation("a")));
    assertThat(follower.reports.annotated).containsExactly(true);
  }

  @Test
  void pod_wasReplacedByOneOfTheSameName_isNotWritten() {
    String old = startPod("a", "10.9.0.1");
    Pod before = get("a");
    pods.terminates("a");
    pods.ended("a");
    startPod("a", "10.9.0.2");
    Reports reports = new Reports();
    AnnotationWriter writer =
        new AnnotationWriter(() -> true, () -> Map.of(old, List.of("x")), reports, () -> 1);
    writer.watch(
        List.of(
            new KnownPods() {
              @Override
              public KubernetesClient client() {
                return cluster.admin();
              }

              @Override
              public Stream<Pod> pods() {
                return Stream.of(before);
              }
            }));

    writer.look();
    writer.look();

    assertThat(annotation("a")).isNull();
    assertThat(reports.annotated).isEmpty();
  }
}
