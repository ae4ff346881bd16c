package dev.loragateway.adapters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.model.UpstreamTls;
import java.net.http.HttpClient;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EngineClientsTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  private final Set<UpstreamTls> used = new HashSet<>();
  private final EngineClients clients = new EngineClients(() -> used);
  private List<UpstreamTls> rotated;

  @BeforeEach
  void certificates() throws Exception {
    TrustManagerFactory platform =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    platform.init((KeyStore) null);
    X509Certificate[] some =
        ((X509TrustManager) platform.getTrustManagers()[0]).getAcceptedIssuers();
    rotated =
        Arrays.stream(some)
            .limit(3)
            .map(
                one -> {
                  try {
                    return UpstreamTls.of(List.of(one), null);
                  } catch (Exception e) {
                    throw new AssertionError(e);
                  }
                })
            .toList();
  }

  @AfterEach
  void close() {
    clients.close();
  }

  private HttpClient now(UpstreamTls... tls) {
    used.clear();
    used.addAll(List.of(tls));
    return clients.of(tls[0]);
  }

  @Test
  void client_ofTheSameCertificates_isTheSame() {
    assertThat(now(rotated.getFirst())).isSameAs(now(rotated.getFirst()));
    assertThat(clients.of(null)).isSameAs(clients.of(null));
  }

  @Test
  void client_ofCertificatesThatNoEndpointUsesAnyMore_isGivenUp() throws InterruptedException {
    HttpClient plain = clients.of(null);
    HttpClient first = now(rotated.get(0));
    HttpClient second = now(rotated.get(1), rotated.get(0));
    assertThat(first.isTerminated()).isFalse();

    HttpClient third = now(rotated.get(2), rotated.get(1));

    assertThat(first.awaitTermination(SOON)).isTrue();
    assertThat(List.of(plain, second, third)).noneMatch(HttpClient::isTerminated);
    assertThat(clients.of(rotated.get(1))).isSameAs(second);
  }
}
