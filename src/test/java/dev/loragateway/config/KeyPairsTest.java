package dev.loragateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KeyPairsTest {
  @TempDir private Path directory;

  private static X509Bundle bundle(CertificateBuilder.Algorithm algorithm) throws Exception {
    return new CertificateBuilder()
        .subject("CN=gateway")
        .algorithm(algorithm)
        .setIsCertificateAuthority(true)
        .buildSelfSigned();
  }

  private boolean belong(X509Bundle certificate, X509Bundle key) throws Exception {
    return KeyPairs.belong(
        Files.writeString(directory.resolve("tls.crt"), certificate.getCertificatePEM()),
        Files.writeString(directory.resolve("tls.key"), key.getPrivateKeyPEM()));
  }

  @ParameterizedTest
  @EnumSource(
      value = CertificateBuilder.Algorithm.class,
      names = {"ecp256", "ecp384", "rsa2048", "ed25519"})
  void keyOfTheCertificate_belongs_anotherDoesNot(CertificateBuilder.Algorithm algorithm)
      throws Exception {
    X509Bundle own = bundle(algorithm);

    assertThat(belong(own, own)).isTrue();
    assertThat(belong(own, bundle(algorithm))).isFalse();
    assertThat(belong(own, bundle(CertificateBuilder.Algorithm.ed448))).isFalse();
  }

  @Test
  void filesThatAreNone_doNotBelong() {
    assertThat(KeyPairs.belong(directory.resolve("a"), directory.resolve("b"))).isFalse();
  }
}
