package dev.loragateway.server;

import static dev.loragateway.kubernetes.ClusterExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.kubernetes.ClusterExtension;
import dev.loragateway.kubernetes.ServicePods;
import dev.loragateway.sim.SimSettings;
import dev.loragateway.sim.SimulatedServer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/** A gateway whose real API server goes away. */
@Tag("kube")
@ResourceLock(Resources.SYSTEM_PROPERTIES)
final class ApiServerRestartTest {
  @RegisterExtension static final ClusterExtension cluster = new ClusterExtension();
  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private static SimulatedServer server(String host) {
    return gateways.simulator(
        SimSettings.of("base", "lora")
            .withHost(host)
            .withPort(ServicePods.PORT)
            .withTokenTime(Duration.ofMillis(2)));
  }

  /** The value of {@code lora_gateway_discovery_watching}. */
  private static double watching(Gateway gateway) {
    return GatewayExtension.admin(gateway, "/metrics")
        .text()
        .lines()
        .filter(line -> line.startsWith("lora_gateway_discovery_watching{"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .sum();
  }

  @Test
  void apiServer_isKilledAndComesBackWithAnEndpoint_noRequestFails() throws Exception {
    ServicePods service = cluster.service("vllm");
    SimulatedServer a = server("10.9.0.31");
    SimulatedServer b = server("10.9.0.32");
    SimulatedServer added = server("10.9.0.33");
    service.starts("a", "10.9.0.31");
    service.ready("a");
    service.starts("b", "10.9.0.32");
    service.ready("b");
    Gateway gateway = gateways.launch(Setup.of().source(service.source()));
    await().atMost(SOON).until(() -> gateway.ready() && watching(gateway) == 2);
    Readiness readiness = gateways.closing(new Readiness(gateway));
    SteadyClients clients = gateways.closing(new SteadyClients(gateway, "lora", 3, 3));
    await()
        .atMost(SOON)
        .until(() -> clients.served(a.address()) > 0 && clients.served(b.address()) > 0);

    cluster.server().kill();
    await().atMost(SOON).until(() -> watching(gateway) == 0);
    clients.awaitMore(100);
    cluster.server().start();
    cluster.awaitServer();
    service.starts("added", "10.9.0.33");
    service.ready("added");

    await().atMost(SOON).until(() -> clients.served(added.address()) > 0);
    await().atMost(SOON).until(() -> watching(gateway) == 2);
    clients.awaitMore(100);
    clients.close();
    readiness.close();
    assertThat(clients.failures()).isEmpty();
    assertThat(clients.streams()).isGreaterThan(50);
    assertThat(clients.plain()).isGreaterThan(50);
    assertThat(readiness.asked.get()).isGreaterThan(50);
    assertThat(readiness.answers).containsExactly(200);
  }

  /** Asks all the time whether a gateway is ready. */
  private static final class Readiness implements AutoCloseable {
    final Set<Integer> answers = ConcurrentHashMap.newKeySet();
    final AtomicInteger asked = new AtomicInteger();
    private final ExecutorService thread = Executors.newVirtualThreadPerTaskExecutor();
    private volatile boolean over;

    Readiness(Gateway gateway) {
      thread.execute(
          () -> {
            while (!over) {
              answers.add(GatewayExtension.admin(gateway, "/readyz").status());
              asked.incrementAndGet();
            }
          });
    }

    @Override
    public void close() {
      over = true;
      thread.close();
    }
  }
}
