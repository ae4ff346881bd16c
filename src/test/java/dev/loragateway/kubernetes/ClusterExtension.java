package dev.loragateway.kubernetes;

import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A real API server, which all tests of a run share, and for each test a namespace, of which the
 * kubeconfig file speaks. There are no controllers: nobody but the tests makes anything. A test may
 * kill the server; it runs again after it. Register it in a static field. Confined to one thread.
 */
public final class ClusterExtension
    implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback {
  /** How long a condition that must come true may take. */
  public static final Duration SOON = Duration.ofSeconds(60);

  private static final String KUBECONFIG = "kubeconfig";
  private static final AtomicInteger namespaces = new AtomicInteger();

  private Shared shared;
  private String namespace;
  private String before;

  /** What the tests of a run share. */
  private record Shared(Path directory, ApiServer server, KubernetesClient admin)
      implements AutoCloseable {

    static Shared start() {
      try {
        Path directory = Files.createTempDirectory("kube");
        ApiServer server = new ApiServer(directory);
        Shared shared = new Shared(directory, server, server.admin());
        shared.awaitServer();
        shared.install("/kube/inferencepools.yaml");
        shared.install("/kube/modeladapters.yaml");
        shared.install(Path.of("gateway/chart/crds/loraadapters.yaml"));
        return shared;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    void awaitServer() {
      await()
          .atMost(SOON)
          .ignoreExceptionsInstanceOf(KubernetesClientException.class)
          .until(() -> admin.namespaces().withName("default").get() != null);
    }

    private void install(String resource) throws IOException {
      try (InputStream file = ApiServer.class.getResourceAsStream(resource)) {
        install(file);
      }
    }

    private void install(Path path) throws IOException {
      try (InputStream file = Files.newInputStream(path)) {
        install(file);
      }
    }

    private void install(InputStream file) {
      CustomResourceDefinition definition =
          admin.apiextensions().v1().customResourceDefinitions().load(file).create();
      admin
          .resource(definition)
          .waitUntilCondition(Shared::isEstablished, SOON.toSeconds(), TimeUnit.SECONDS);
    }

    private static boolean isEstablished(CustomResourceDefinition definition) {
      return definition != null
          && definition.getStatus() != null
          && definition.getStatus().getConditions() != null
          && definition.getStatus().getConditions().stream()
              .anyMatch(is -> is.getType().equals("Established") && is.getStatus().equals("True"));
    }

    @Override
    public void close() throws IOException {
      admin.close();
      server.close();
      try (Stream<Path> files = Files.walk(directory)) {
        List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
        for (Path file : deepestFirst) {
          Files.delete(file);
        }
      }
    }
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    shared =
        context
            .getRoot()
            .getStore(ExtensionContext.Namespace.GLOBAL)
            .computeIfAbsent(Shared.class, key -> Shared.start(), Shared.class);
  }

  @Override
  public void beforeEach(ExtensionContext context) throws IOException {
    namespace = createNamespace();
    Path file = shared.directory().resolve(namespace);
    Files.writeString(file, shared.server().kubeconfig(namespace));
    before = System.setProperty(KUBECONFIG, file.toString());
  }

  @Override
  public void afterEach(ExtensionContext context) throws IOException {
    if (!server().isRunning()) {
      server().start();
      awaitServer();
    }
    if (before == null) {
      System.clearProperty(KUBECONFIG);
    } else {
      System.setProperty(KUBECONFIG, before);
    }
  }

  /** A namespace with its default account, without which it takes no pods. */
  public String createNamespace() {
    String name = "t-" + namespaces.incrementAndGet();
    admin()
        .resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build())
        .create();
    createServiceAccount(name, "default");
    return name;
  }

  private void createServiceAccount(String namespace, String name) {
    admin()
        .resource(
            new ServiceAccountBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(name)
                .endMetadata()
                .build())
        .create();
  }

  /** The namespace of the test. */
  public String namespace() {
    return namespace;
  }

  public ApiServer server() {
    return shared.server();
  }

  /** A client of somebody who may do everything; it is not the caller's to close. */
  public KubernetesClient admin() {
    return shared.admin();
  }

  /** Waits until requests are answered. */
  public void awaitServer() {
    shared.awaitServer();
  }

  /** Removes the CRD of adapters, and all objects of that kind. */
  void removeAdapters() {
    CustomResourceDefinition definition =
        admin()
            .apiextensions()
            .v1()
            .customResourceDefinitions()
            .withName("loraadapters.loragateway.dev")
            .get();
    admin()
        .resources(LoraAdapter.class)
        .inAnyNamespace()
        .list()
        .getItems()
        .forEach(
            one -> {
              one.getMetadata().setFinalizers(List.of());
              admin().resource(one).update();
            });
    admin().resource(definition).delete();
    await().atMost(SOON).until(() -> admin().resource(definition).get() == null);
  }

  /** Installs it again. */
  void installAdapters() throws IOException {
    shared.install(Path.of("gateway/chart/crds/loraadapters.yaml"));
  }

  /** Makes a service account in the test's namespace, with the rights of a role there. */
  RoleBinding createAccount(String name, String roleKind, String role) {
    createServiceAccount(namespace, name);
    return admin()
        .resource(
            new RoleBindingBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(name)
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", roleKind, role)
                .addNewSubject("", "ServiceAccount", name, namespace)
                .build())
        .create();
  }

  /** A client of a service account that exists; it is the caller's to close. */
  KubernetesClient account(String namespace, String name) {
    String token =
        admin()
            .serviceAccounts()
            .inNamespace(namespace)
            .withName(name)
            .tokenRequest(new TokenRequestBuilder().withNewSpec().endSpec().build())
            .getStatus()
            .getToken();
    return server().client(token);
  }

  /** The pods of the test's namespace. */
  public Pods pods() {
    return new Pods(admin(), namespace);
  }

  /** A Service of the test's namespace. */
  public ServicePods service(String name) {
    return new ServicePods(admin(), namespace, name);
  }
}
