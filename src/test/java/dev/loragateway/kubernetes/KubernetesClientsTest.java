package dev.loragateway.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KubernetesClientsTest {
  private static final Map<String, String> ENV =
      Map.of("KUBERNETES_SERVICE_HOST", "fd00::1", "KUBERNETES_SERVICE_PORT_HTTPS", "6443");

  @TempDir Path account;

  private void write(String file, String text) throws IOException {
    Files.writeString(account.resolve(file), text);
  }

  @Test
  void pod_itsServiceAccount_isUsedWithTheTokenOfTheMoment() throws IOException {
    write("token", "first\n");
    write("namespace", "llm\n");
    write("ca.crt", "");

    Config config = KubernetesClients.ofPod(ENV, account);

    assertThat(KubernetesClients.inPod(ENV, account)).isTrue();
    assertThat(config.getMasterUrl()).startsWith("https://[fd00::1]:6443");
    assertThat(config.getNamespace()).isEqualTo("llm");
    assertThat(config.getOauthTokenProvider().getToken()).isEqualTo("first");
    write("token", "second");
    assertThat(config.getOauthTokenProvider().getToken()).isEqualTo("second");
  }

  @Test
  void elsewhere_thereIsNoServiceAccount() throws IOException {
    assertThat(KubernetesClients.inPod(ENV, account)).isFalse();
    write("token", "t");
    assertThat(KubernetesClients.inPod(Map.of(), account)).isFalse();
  }

  @Test
  void connect_contextThatIsNotThere_saysWhichAre() {
    assertThatThrownBy(() -> KubernetesClients.connect("nowhere"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("the kubeconfig file has no context nowhere (it has: [");
  }
}
