package dev.loragateway.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.access.KeysSecret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SecretFollowerTest {
  private static final KeysSecret KEYS = new KeysSecret("edge", "keys", "keys.yaml");

  private final KubernetesMockServer server = MockApiServer.create();
  private final SecretReports told = new SecretReports();
  private final Reports reports = new Reports();
  private KubernetesClient client;
  private SecretFollower follower;
  private Secrets secrets;

  @BeforeEach
  void start() {
    server.init();
    client = server.createClient();
    secrets = new Secrets(client, "edge");
    follower = new SecretFollower(context -> server.createClient(), told, reports);
  }

  @AfterEach
  void stop() {
    follower.close();
    client.close();
    server.destroy();
  }

  private void awaitTold(String... contents) {
    await().untilAsserted(() -> assertThat(told.contents).containsExactly(contents));
  }

  private void follow() {
    secrets.write("keys", "first");
    follower.follow(KEYS);
    awaitTold("first");
    await().until(told::isNewest);
  }

  @Test
  void secret_thatIsThere_isTold_andSoIsEachChange() {
    follow();

    secrets.write("keys", "second");

    awaitTold("first", "second");
    assertThat(reports.watching).containsEntry("Secret edge/keys", true);
  }

  @Test
  void secret_thatIsNotThereYet_isToldWhenItIs() {
    secrets.write("other", "not this one");
    new Secrets(client, "elsewhere").write("keys", "not this one");
    follower.follow(KEYS);
    await().until(() -> Boolean.FALSE.equals(told.newest));

    secrets.write("keys", "first");

    awaitTold("first");
    await().until(told::isNewest);
  }

  @Test
  void content_thatIsWrong_isNotTheNewestInUse_untilItIsRight() {
    follow();

    secrets.write("keys", "wrong");
    awaitTold("first", "wrong");
    await().until(() -> !told.isNewest());
    secrets.write("keys", "right");

    await().until(told::isNewest);
    awaitTold("first", "wrong", "right");
  }

  @Test
  void secret_thatIsDeleted_orHasNoSuchEntry_tellsNothing() {
    follow();

    secrets.delete("keys");
    await().until(() -> !told.isNewest());
    secrets.write("keys", "another", new byte[] {'x'});
    secrets.write("keys", "keys.yaml", new byte[] {(byte) 0xff});
    secrets.write("keys", "again");

    awaitTold("first", "again");
    await().until(told::isNewest);
  }

  @Test
  void secret_thatIsNotWantedAnyMore_isNotTold() {
    follow();
    secrets.write("next", "of the next");

    follower.follow(new KeysSecret("edge", "next", "keys.yaml"));
    awaitTold("first", "of the next");
    secrets.write("keys", "second");
    secrets.write("next", "third");

    awaitTold("first", "of the next", "third");
    follower.follow(null);
    follower.close();
    secrets.write("next", "fourth");
    assertThat(told.contents).hasSize(3);
    assertThat(reports.stopped).contains("Secret edge/keys", "Secret edge/next");
  }
}
