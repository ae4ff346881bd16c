package dev.loragateway.access;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.loragateway.access.JwtSettings.KeySource;
import dev.loragateway.model.TlsContexts;
import dev.loragateway.model.TlsIdentity;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KeySetFetchTest {
  private static final Issuer ISSUER = Issuer.ec("k");
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final JwksServer server = new JwksServer(Issuer.jwks(ISSUER));

  @AfterEach
  void stop() {
    server.close();
  }

  private static KeySet fetch(URI url, Duration timeout, X509Certificate... trusted)
      throws IOException, InterruptedException {
    KeySource.Url source = new KeySource.Url(url, List.of(trusted), Duration.ofHours(1));
    return new KeySetFetch(source, timeout).fetch();
  }

  private void fails(String why) {
    assertThatThrownBy(() -> fetch(server.url(), TIMEOUT))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(why);
  }

  @Test
  void keys_arePublished_areRead() throws Exception {
    assertThat(fetch(server.url(), TIMEOUT)).isEqualTo(Issuer.keys(ISSUER));
  }

  @Test
  void answers_thatAreNoKeys_areRefused() {
    server.answerWith(404);
    fails("404");
    server.answerWith(302);
    fails("302");
    assertThat(server.asked()).isEqualTo(2);
    server.answerWith(200);
    server.publish("<html>");
    fails("no JWK set");
  }

  @Test
  void answer_thatIsTooLong_isRefused() {
    server.publish(Issuer.jwks(ISSUER) + " ".repeat(256 << 10));

    assertThatThrownBy(() -> fetch(server.url(), TIMEOUT)).isInstanceOf(IOException.class);
  }

  @Test
  void answer_thatStopsInItsMiddle_isGivenUp() throws Exception {
    try (ServerSocket slow = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      Thread.startVirtualThread(() -> beginAnAnswer(slow));
      URI url = URI.create("http://127.0.0.1:" + slow.getLocalPort() + "/");

      assertThatThrownBy(() -> fetch(url, Duration.ofMillis(300)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("no whole answer came within 300 ms");
    }
  }

  private static void beginAnAnswer(ServerSocket listener) {
    try (Socket socket = listener.accept()) {
      socket
          .getOutputStream()
          .write("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{".getBytes(UTF_8));
      socket.getInputStream().transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      // the client has left
    }
  }

  @Test
  void server_thatCannotBeReached_isToldSo() {
    server.close();

    assertThatThrownBy(() -> fetch(server.url(), TIMEOUT)).isInstanceOf(IOException.class);
  }

  @Test
  void https_isTrustedByItsAuthorityOnly() throws Exception {
    X509Bundle own = certificate();
    X509Bundle other = certificate();
    HttpsServer secured =
        HttpsServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
    secured.setHttpsConfigurator(
        new HttpsConfigurator(
            TlsContexts.of(
                new TlsIdentity(own.getCertificatePathList(), own.getKeyPair().getPrivate()),
                List.of())));
    byte[] body = Issuer.jwks(ISSUER).getBytes(UTF_8);
    secured.createContext(
        "/",
        call -> {
          try (call) {
            call.sendResponseHeaders(200, body.length);
            call.getResponseBody().write(body);
          }
        });
    secured.start();
    try {
      URI url = URI.create("https://127.0.0.1:" + secured.getAddress().getPort() + "/");

      assertThat(fetch(url, TIMEOUT, own.getCertificate())).isEqualTo(Issuer.keys(ISSUER));
      assertThatThrownBy(() -> fetch(url, TIMEOUT, other.getCertificate()))
          .isInstanceOf(IOException.class);
      assertThatThrownBy(() -> fetch(url, TIMEOUT)).isInstanceOf(IOException.class);
    } finally {
      secured.stop(0);
    }
  }

  private static X509Bundle certificate() throws Exception {
    return new CertificateBuilder()
        .subject("CN=issuer")
        .notBefore(Instant.now().minus(Duration.ofDays(1)))
        .notAfter(Instant.now().plus(Duration.ofDays(1)))
        .setIsCertificateAuthority(true)
        .addSanIpAddress("127.0.0.1")
        .buildSelfSigned();
  }
}
