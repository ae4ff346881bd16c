package dev.loragateway.server;

import dev.loragateway.config.GatewayConfig.Tls;
import dev.loragateway.model.TlsIdentity;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Certificates of today for 127.0.0.1. Stateless. */
final class Certificates {
  private Certificates() {}

  static X509Bundle of(String name) throws Exception {
    return new CertificateBuilder()
        .subject("CN=" + name)
        .notBefore(Instant.now().minus(1, ChronoUnit.DAYS))
        .notAfter(Instant.now().plus(1, ChronoUnit.DAYS))
        .setIsCertificateAuthority(true)
        .addSanIpAddress("127.0.0.1")
        .buildSelfSigned();
  }

  /**
   * What a gateway speaks TLS with.
   *
   * @param clients who signs the certificates that clients must have; null = they need none
   */
  static Tls tls(X509Bundle own, @Nullable X509Bundle clients) {
    return new Tls(
        new TlsIdentity(own.getCertificatePathList(), own.getKeyPair().getPrivate()),
        clients == null ? List.of() : List.of(clients.getCertificate()),
        false);
  }
}
