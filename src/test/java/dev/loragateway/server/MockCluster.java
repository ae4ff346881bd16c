package dev.loragateway.server;

import dev.loragateway.kubernetes.MockApiServer;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A mock API server of which the kubeconfig file of this process speaks, in the namespace {@code
 * llm}, until this is closed. Confined to one thread.
 */
final class MockCluster implements AutoCloseable {
  private static final String KUBECONFIG = "kubeconfig";

  private final KubernetesMockServer server = MockApiServer.create();
  private final KubernetesClient client;
  private final @Nullable String before;

  MockCluster(Path directory) throws IOException {
    server.init();
    client = server.createClient();
    Path file = directory.resolve("config");
    Files.writeString(
        file,
        """
        apiVersion: v1
        kind: Config
        clusters: [ { name: c, cluster: { server: "http://127.0.0.1:%d" } } ]
        users: [ { name: u, user: { token: t } } ]
        contexts: [ { name: x, context: { cluster: c, user: u, namespace: llm } } ]
        current-context: x
        """
            .formatted(server.getPort()));
    before = System.setProperty(KUBECONFIG, file.toString());
  }

  /** A client of somebody who may do everything. */
  KubernetesClient client() {
    return client;
  }

  /** Nobody answers any more. */
  void stop() {
    server.destroy();
  }

  @Override
  public void close() {
    if (before == null) {
      System.clearProperty(KUBECONFIG);
    } else {
      System.setProperty(KUBECONFIG, before);
    }
    client.close();
    server.destroy();
  }
}
