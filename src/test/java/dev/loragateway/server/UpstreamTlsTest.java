package dev.loragateway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.model.UpstreamAccess;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Model servers that speak TLS. */
final class UpstreamTlsTest {
  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  @TempDir Path directory;

  private static X509Bundle certificate(String ip) throws Exception {
    return new CertificateBuilder()
        .subject("CN=model-server")
        .notBefore(Instant.now().minus(1, ChronoUnit.DAYS))
        .notAfter(Instant.now().plus(1, ChronoUnit.DAYS))
        .setIsCertificateAuthority(true)
        .addSanIpAddress(ip)
        .buildSelfSigned();
  }

  private RawUpstream server(X509Bundle certificate) throws Exception {
    SSLContext tls = SSLContext.getInstance("TLS");
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(certificate.toKeyStore(new char[0]), new char[0]);
    tls.init(keys.getKeyManagers(), null, null);
    return gateways.closing(
        new RawUpstream(
            tls.getServerSocketFactory()
                .createServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1")),
            call -> call.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")));
  }

  private Gateway gateway(RawUpstream server, X509Bundle trusted) throws Exception {
    Path ca = directory.resolve("ca.pem");
    Files.writeString(ca, trusted.getCertificatePEM());
    Gateway gateway =
        gateways.launch(Setup.of(server.address()).access(new UpstreamAccess(true, ca, "key")));
    await()
        .atMost(GatewayExtension.SOON)
        .until(
            () ->
                !GatewayExtension.endpoint(gateway, server.address())
                    .path("health")
                    .asText()
                    .equals("unknown"));
    return gateway;
  }

  @Test
  void trustedServer_requestsArePassedOverTls() throws Exception {
    X509Bundle own = certificate("127.0.0.1");
    RawUpstream server = server(own);
    WireClient client = gateways.client(gateway(server, own));

    for (int i = 0; i < 3; i++) {
      assertThat(client.send(Requests.chat("lora")).read().status()).isEqualTo(200);
    }
    assertThat(server.calls().stream().map(RawUpstream.Call::connection).distinct()).hasSize(1);
  }

  @Test
  void untrustedServer_isNeverUsed() throws Exception {
    RawUpstream server = server(certificate("127.0.0.1"));
    Gateway gateway = gateway(server, certificate("127.0.0.1"));

    assertThat(gateways.chat(gateway, "base").status()).isEqualTo(503);
    assertThat(server.calls()).isEmpty();
  }

  @Test
  void serverOfAnotherName_isNeverUsed() throws Exception {
    X509Bundle other = certificate("127.0.0.9");
    RawUpstream server = server(other);
    Gateway gateway = gateway(server, other);

    assertThat(gateways.chat(gateway, "base").status()).isEqualTo(503);
    assertThat(server.calls()).isEmpty();
  }
}
