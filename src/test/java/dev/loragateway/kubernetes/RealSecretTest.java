package dev.loragateway.kubernetes;

import static dev.loragateway.kubernetes.ClusterExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.access.KeysSecret;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A Secret in a real API server, seen with the rights to that one alone: {@code mvn verify -Pkube}.
 */
@Tag("kube")
class RealSecretTest {
  @RegisterExtension static final ClusterExtension cluster = new ClusterExtension();

  private final SecretReports told = new SecretReports();
  private final Reports reports = new Reports();
  private Secrets secrets;
  private SecretFollower follower;

  @BeforeEach
  void start() {
    secrets = new Secrets(cluster.admin(), cluster.namespace());
    secrets.write("keys", "first");
  }

  @AfterEach
  void stop() {
    follower.close();
  }

  private void follow(KubernetesClient as) {
    follower = new SecretFollower(context -> as, told, reports);
    follower.follow(new KeysSecret(cluster.namespace(), "keys", "keys.yaml"));
  }

  /** A client of a service account that may see a Secret of this name. */
  private KubernetesClient account(String name, String secret) {
    cluster
        .admin()
        .resource(
            new RoleBuilder()
                .withNewMetadata()
                .withNamespace(cluster.namespace())
                .withName(name)
                .endMetadata()
                .addNewRule()
                .withApiGroups("")
                .withResources("secrets")
                .withResourceNames(secret)
                .withVerbs("list", "watch")
                .endRule()
                .build())
        .create();
    cluster.createAccount(name, "Role", name);
    return cluster.account(cluster.namespace(), name);
  }

  private void awaitTold(String... contents) {
    await().atMost(SOON).untilAsserted(() -> assertThat(told.contents).containsExactly(contents));
    await().atMost(SOON).until(told::isNewest);
  }

  @Test
  void account_thatMaySeeThisSecretAlone_followsIt() {
    secrets.write("other", "of others");
    follow(account("enough", "keys"));
    awaitTold("first");

    secrets.write("keys", "second");

    awaitTold("first", "second");
    secrets.delete("keys");
    await().atMost(SOON).until(() -> !told.isNewest());
    secrets.write("keys", "third");
    awaitTold("first", "second", "third");
    assertThat(reports.failures).isEmpty();
  }

  @Test
  void account_thatMaySeeAnotherOnly_isToldSo() {
    follow(account("another", "other"));

    await().atMost(SOON).untilAsserted(() -> assertThat(reports.failures).contains(403));
    assertThat(told.contents).isEmpty();
    assertThat(told.isNewest()).isFalse();
  }

  @Test
  void apiServer_isKilledAndComesBack_whatWasToldIsOldMeanwhile() throws Exception {
    follow(cluster.server().admin());
    awaitTold("first");

    cluster.server().kill();
    await().atMost(SOON).until(() -> !told.isNewest());
    cluster.server().start();
    cluster.awaitServer();
    secrets.write("keys", "second");

    awaitTold("first", "second");
  }
}
