package dev.loragateway.kubernetes;

import io.fabric8.kubernetes.client.server.mock.KubernetesMixedDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.ServerRequest;
import io.fabric8.mockwebserver.ServerResponse;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;

/** A mock API server that keeps what is created and tells its watchers. Stateless. */
public final class MockApiServer {
  private MockApiServer() {}

  /** One without TLS that was not started yet. */
  public static KubernetesMockServer create() {
    Map<ServerRequest, Queue<ServerResponse>> responses = new HashMap<>();
    return new KubernetesMockServer(
        new Context(),
        new MockWebServer(),
        responses,
        new KubernetesMixedDispatcher(responses),
        false);
  }
}
