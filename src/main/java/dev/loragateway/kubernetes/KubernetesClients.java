package dev.loragateway.kubernetes;

import io.fabric8.kubernetes.api.model.NamedContext;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.OAuthTokenProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Connects to clusters as other Kubernetes tools do. Stateless. */
public final class KubernetesClients {
  /** Where a pod finds the token, the authority and the namespace of its service account. */
  private static final Path ACCOUNT = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

  private KubernetesClients() {}

  /**
   * Makes a client, without calling anybody yet.
   *
   * @param context of the kubeconfig file; empty in a pod for the pod's own cluster with its
   *     service account, elsewhere for the file's current context
   * @throws IllegalArgumentException when there is no such context
   */
  public static KubernetesClient connect(String context) {
    boolean own = context.isEmpty() && inPod(System.getenv(), ACCOUNT);
    Config config = own ? ofPod(System.getenv(), ACCOUNT) : ofFile(context);
    return new KubernetesClientBuilder().withConfig(config).build();
  }

  /** The namespace that is meant: where none is named, that of the client's account or context. */
  static String namespace(KubernetesClient client, String named) {
    String own = client.getNamespace() == null ? "default" : client.getNamespace();
    return named.isEmpty() ? own : named;
  }

  static boolean inPod(Map<String, String> env, Path account) {
    return env.containsKey("KUBERNETES_SERVICE_HOST") && Files.exists(account.resolve("token"));
  }

  /** The token is read for each request: it is replaced while the pod runs. */
  static Config ofPod(Map<String, String> env, Path account) {
    String host = env.getOrDefault("KUBERNETES_SERVICE_HOST", "");
    String port = env.getOrDefault("KUBERNETES_SERVICE_PORT_HTTPS", "443");
    OAuthTokenProvider token = () -> text(account.resolve("token"));
    return new ConfigBuilder(Config.empty())
        .withMasterUrl("https://" + (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port)
        .withCaCertFile(account.resolve("ca.crt").toString())
        .withNamespace(text(account.resolve("namespace")))
        .withOauthTokenProvider(token)
        .build();
  }

  private static String text(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Config ofFile(String context) {
    Config config = Config.autoConfigure(context.isEmpty() ? null : context);
    NamedContext used = config.getCurrentContext();
    if (!context.isEmpty() && (used == null || !context.equals(used.getName()))) {
      List<String> there = config.getContexts().stream().map(NamedContext::getName).toList();
      throw new IllegalArgumentException(
          "the kubeconfig file has no context " + context + " (it has: " + there + ")");
    }
    return config;
  }
}
