package dev.loragateway.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LeadershipTest {
  private final KubernetesMockServer server = MockApiServer.create();
  private final Reports reports = new Reports();
  private KubernetesClient client;

  @BeforeEach
  void start() {
    server.init();
    client = server.createClient();
  }

  @AfterEach
  void stop() {
    client.close();
    server.destroy();
  }

  private Leadership compete() {
    return new Leadership(client, "edge", "gateways", "annotates pods", reports::leads, reports);
  }

  @Test
  void lease_thatCannotBeRead_isToldAndTriedAgain() {
    client
        .resource(
            new LeaseBuilder()
                .withNewMetadata()
                .withNamespace("edge")
                .withName("gateways")
                .endMetadata()
                .withNewSpec()
                .endSpec()
                .build())
        .create();
    Leadership leadership = compete();
    await().until(() -> reports.failures.size() > 1);
    assertThat(leadership.leads()).isFalse();

    client.leases().inNamespace("edge").withName("gateways").delete();

    await().until(leadership::leads);
    leadership.close().join();
  }

  @Test
  void close_whileLeading_letsAnotherLeadBeforeTheLeaseIsOver() {
    Leadership leadership = compete();
    await().until(leadership::leads);

    leadership.close().join();

    assertThat(leadership.leads()).isFalse();
    assertThat(reports.leads).isFalse();
    Leadership next = compete();
    await().until(next::leads);
    next.close().join();
  }
}
