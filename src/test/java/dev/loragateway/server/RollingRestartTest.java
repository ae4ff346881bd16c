package dev.loragateway.server;

import static dev.loragateway.kubernetes.ClusterExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.kubernetes.ClusterExtension;
import dev.loragateway.kubernetes.ServicePods;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A gateway and a real API server, with servers in processes of their own. */
@Tag("kube")
@ResourceLock(Resources.SYSTEM_PROPERTIES)
final class RollingRestartTest {
  private static final Logger log = LoggerFactory.getLogger(RollingRestartTest.class);

  @RegisterExtension static final ClusterExtension cluster = new ClusterExtension();
  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  @TempDir private Path logs;
  private ServicePods service;

  @BeforeEach
  void makeService() {
    service = cluster.service("vllm");
  }

  private SimProcess launch(String host) throws IOException {
    return gateways.closing(
        new SimProcess(
            host, logs, "--adapters", "lora", "--token-time", "5ms", "--prefill-per-token", "0ms"));
  }

  private static Set<String> addresses(Gateway gateway) {
    return Set.copyOf(GatewayExtension.state(gateway).findValuesAsText("address"));
  }

  private static boolean isUp(Gateway gateway, SimProcess server) {
    return addresses(gateway).contains(server.address())
        && GatewayExtension.endpoint(gateway, server.address())
            .path("health")
            .asText()
            .equals("up");
  }

  @Test
  void rollingRestart_withStreamsOpenEverywhere_failsNoRequest() throws Exception {
    List<SimProcess> pool = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      pool.add(launch("10.9.0.1" + i));
      service.starts("old-" + i, pool.get(i).host());
    }
    for (int i = 0; i < 3; i++) {
      pool.get(i).awaitListening();
      service.ready("old-" + i);
    }
    Gateway gateway = gateways.launch(Setup.of().source(service.source()));
    await().atMost(SOON).until(() -> pool.stream().allMatch(one -> isUp(gateway, one)));

    SteadyClients clients = gateways.closing(new SteadyClients(gateway, "lora", 9, 3));
    for (int i = 0; i < 3; i++) {
      SimProcess next = launch("10.9.0.2" + i);
      service.starts("new-" + i, next.host());
      next.awaitListening();
      service.ready("new-" + i);
      await().atMost(SOON).until(() -> clients.served(next.address()) > 0);
      leave(pool.set(i, next), "old-" + i, gateway, clients);
    }
    clients.awaitMore(100);
    clients.close();

    log.info("{} streams and {} other requests", clients.streams(), clients.plain());
    assertThat(clients.failures()).isEmpty();
    assertThat(clients.streams()).isGreaterThan(100);
    assertThat(clients.plain()).isGreaterThan(100);
    assertThat(addresses(gateway))
        .isEqualTo(pool.stream().map(SimProcess::address).collect(Collectors.toSet()));
  }

  /** Ends a pod. Its streams are held until the gateway has turned away from it. */
  private void leave(SimProcess old, String pod, Gateway gateway, SteadyClients clients) {
    await().atMost(SOON).until(() -> holdsStreams(old, clients));
    service.terminates(pod);
    await().atMost(SOON).until(() -> !addresses(gateway).contains(old.address()));
    clients.awaitMore(20);
    assertThat(clients.open(old.address())).as("streams open at %s", pod).isPositive();
    Set<Integer> peers = old.peers();
    SimProcess.Load held = old.load();

    clients.awaitMore(50);
    assertThat(old.load())
        .as("nothing but the question before has come to %s", pod)
        .isEqualTo(new SimProcess.Load(held.active(), held.answered() + 1));
    old.stall(false);
    await().atMost(SOON).until(() -> old.load().active() == 0 && clients.open(old.address()) == 0);
    assertThat(old.peers()).as("connections with %s", pod).isNotEmpty().isSubsetOf(peers);
    old.terminate();
    service.ended(pod);
  }

  /** Has the server stand still with a stream that the client has begun to read. */
  private static boolean holdsStreams(SimProcess server, SteadyClients clients) {
    server.stall(true);
    clients.awaitMore(5);
    if (clients.open(server.address()) > 0) {
      return true;
    }
    server.stall(false);
    return false;
  }
}
