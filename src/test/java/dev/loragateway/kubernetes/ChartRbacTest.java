package dev.loragateway.kubernetes;

import static dev.loragateway.kubernetes.ClusterExtension.SOON;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.access.KeysSecret;
import dev.loragateway.kubernetes.KubernetesSource.InferencePool;
import dev.loragateway.kubernetes.KubernetesSource.Service;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Stream;
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

  /** Which of the chart's Roles. */
  enum Where {
    RELEASE,
    ELSEWHERE
  }

  /** One verb of one rule; {@code name} is empty where the rule names no objects. */
  record Right(Where where, String group, String resource, String name, String verb) {
    Right(Where where, String group, String resource, String verb) {
      this(where, group, resource, "", verb);
    }
  }

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

  private static ServiceAccount account;
  private static List<Role> roles;

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
    List<HasMetadata> objects = render(directory);
    account = only(objects, ServiceAccount.class).getFirst();
    roles = only(objects, Role.class);
    List<HasMetadata> rights = new ArrayList<>(roles);
    rights.add(account);
    rights.addAll(only(objects, RoleBinding.class));
    rights.forEach(one -> cluster.admin().resource(one).create());

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

  private static List<HasMetadata> render(Path directory) throws Exception {
    Path values = directory.resolve("values.yaml");
    Files.writeString(
        values,
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
    Process helm =
        new ProcessBuilder(
                System.getProperty("kube.tools") + "/helm",
                "template",
                "gateway",
                "gateway/chart",
                "--kube-version=1.34.0",
                "--namespace=" + release,
                "--values=" + values)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    byte[] rendered = helm.getInputStream().readAllBytes();
    assertThat(helm.waitFor()).as(new String(rendered, UTF_8)).isZero();
    return cluster.admin().load(new ByteArrayInputStream(rendered)).items();
  }

  private static <T> List<T> only(List<HasMetadata> objects, Class<T> type) {
    return objects.stream().filter(type::isInstance).map(type::cast).toList();
  }

  @AfterEach
  void restore() {
    if (discovery != null) {
      discovery.close();
      follower.close();
    }
    roles.forEach(role -> cluster.admin().resource(role).update());
    cluster.admin().leases().inNamespace(release).withName(LEASE).delete();
    annotate(release, "a");
    annotate(elsewhere, "b");
    rights().forEach(right -> await().atMost(SOON).until(() -> allows(right)));
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
    String name = account.getMetadata().getName();
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
    roles.forEach(role -> cluster.admin().resource(without(role, right)).update());
    await().atMost(SOON).until(() -> !allows(right));

    NEEDS.get(right).accept(this);
  }

  private static List<Right> rights() {
    return roles.stream()
        .flatMap(role -> role.getRules().stream().flatMap(rule -> rights(where(role), rule)))
        .toList();
  }

  private static Where where(Role role) {
    return role.getMetadata().getNamespace().equals(release) ? Where.RELEASE : Where.ELSEWHERE;
  }

  private static Stream<Right> rights(Where where, PolicyRule rule) {
    List<String> names = rule.getResourceNames().isEmpty() ? List.of("") : rule.getResourceNames();
    List<Right> rights = new ArrayList<>();
    for (String group : rule.getApiGroups()) {
      for (String resource : rule.getResources()) {
        for (String name : names) {
          for (String verb : rule.getVerbs()) {
            rights.add(new Right(where, group, resource, name, verb));
          }
        }
      }
    }
    return rights.stream();
  }

  /** The role with every right but this one, each in a rule of its own. */
  private static Role without(Role role, Right right) {
    List<PolicyRule> left =
        role.getRules().stream()
            .flatMap(rule -> rights(where(role), rule))
            .filter(one -> !one.equals(right))
            .map(ChartRbacTest::rule)
            .toList();
    return new RoleBuilder(role).withRules(left).build();
  }

  private static PolicyRule rule(Right right) {
    return new PolicyRuleBuilder()
        .withApiGroups(right.group())
        .withResources(right.resource())
        .withResourceNames(right.name().isEmpty() ? List.of() : List.of(right.name()))
        .withVerbs(right.verb())
        .build();
  }

  /** What the API server says of the account. */
  private static boolean allows(Right right) {
    return cluster
        .admin()
        .authorization()
        .v1()
        .subjectAccessReview()
        .create(
            new SubjectAccessReviewBuilder()
                .withNewSpec()
                .withUser(
                    "system:serviceaccount:" + release + ":" + account.getMetadata().getName())
                .withNewResourceAttributes()
                .withNamespace(right.where() == Where.RELEASE ? release : elsewhere)
                .withGroup(right.group())
                .withResource(right.resource())
                .withName(right.name())
                .withVerb(right.verb())
                .endResourceAttributes()
                .endSpec()
                .build())
        .getStatus()
        .getAllowed();
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
