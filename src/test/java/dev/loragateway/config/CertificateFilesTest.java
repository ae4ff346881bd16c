package dev.loragateway.config;

import static dev.loragateway.config.Configs.errors;
import static dev.loragateway.config.Configs.valid;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.CertificateBuilder.Algorithm;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Certificates and keys that the configuration names. */
class CertificateFilesTest {
  private static final String CLIENTS =
      Configs.MINIMAL + "tls: { certificate: tls.crt, key: tls.key }\n";
  private static final String SERVERS =
      Configs.MINIMAL.replace("http:", "https:")
          + "    upstream: { tls: { ca: tls.crt, certificate: tls.crt, key: tls.key } }\n";

  @TempDir private Path directory;

  private static X509Bundle bundle(Algorithm algorithm) throws Exception {
    return new CertificateBuilder()
        .subject("CN=gateway")
        .algorithm(algorithm)
        .setIsCertificateAuthority(true)
        .buildSelfSigned();
  }

  private ConfigResult load(String yaml, String certificate, String key) throws IOException {
    Files.writeString(directory.resolve("tls.crt"), certificate);
    Files.writeString(directory.resolve("tls.key"), key);
    Path file = Files.writeString(directory.resolve("gateway.yaml"), yaml);
    return ConfigLoader.load(file, Map.of());
  }

  private ConfigResult load(String yaml, X509Bundle certificate, X509Bundle key)
      throws IOException {
    return load(yaml, certificate.getCertificatePEM(), key.getPrivateKeyPEM());
  }

  @ParameterizedTest
  @EnumSource(
      value = Algorithm.class,
      names = {"ecp256", "ecp384", "rsa2048", "ed25519"})
  void keyOfTheCertificate_isTaken_anotherIsNot(Algorithm algorithm) throws Exception {
    X509Bundle own = bundle(algorithm);

    for (String yaml : new String[] {CLIENTS, SERVERS}) {
      assertThat(load(yaml, own, own)).isInstanceOf(ConfigResult.Valid.class);
      for (Algorithm other : new Algorithm[] {algorithm, Algorithm.ed448}) {
        assertThat(errors(load(yaml, own, bundle(other))))
            .singleElement()
            .asString()
            .endsWith("tls.key: is not that of the certificate (expected: the one that is)");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "RSA PRIVATE KEY, holds no private key of this kind",
    "ENCRYPTED PRIVATE KEY, holds no private key of this kind",
    "CERTIFICATE, holds no private key of this kind",
    "PRIVATE KEY, 'holds no valid private key of RSA, EC, EdDSA'"
  })
  void keyOfAnotherKind_isRefused(String kind, String problem) throws Exception {
    String certificate = bundle(Algorithm.ecp256).getCertificatePEM();

    for (String body : new String[] {"MIIB", "x", ""}) {
      String key = "-----BEGIN %1$s-----%n%2$s%n-----END %1$s-----%n".formatted(kind, body);
      assertThat(errors(load(CLIENTS, certificate, key)))
          .singleElement()
          .asString()
          .contains("tls.key: ", problem, "PKCS #8 (BEGIN PRIVATE KEY), not encrypted");
    }
  }

  @Test
  void filesOfAMebibyte_areRefused() throws Exception {
    X509Bundle own = bundle(Algorithm.ecp256);

    assertThat(errors(load(CLIENTS, "x".repeat((1 << 20) + 1), own.getPrivateKeyPEM())))
        .singleElement()
        .asString()
        .contains("tls.certificate: ", "is longer than 1MiB");
  }

  @ParameterizedTest
  @ValueSource(strings = {"certificate", "key"})
  void certificateOrKeyAlone_isRefused(String key) throws Exception {
    X509Bundle own = bundle(Algorithm.ecp256);
    String other = key.equals("key") ? "certificate" : "key";

    assertThat(errors(load(SERVERS.replaceFirst(key + ": \\S+\\.(crt|key),? ", ""), own, own)))
        .singleElement()
        .asString()
        .contains("upstream.tls." + key + ": is missing (expected: certificate and key)")
        .doesNotContain("tls." + other);
  }

  @Test
  void fileOfAnotherContent_isAnotherConfiguration() throws Exception {
    X509Bundle first = bundle(Algorithm.ecp256);
    X509Bundle second = bundle(Algorithm.ecp256);

    for (String yaml : new String[] {CLIENTS, SERVERS}) {
      GatewayConfig before = valid(load(yaml, first, first)).config();
      assertThat(valid(load(yaml, first, first)).config()).isEqualTo(before);
      assertThat(valid(load(yaml, second, second)).config()).isNotEqualTo(before);
    }
  }

  @Test
  void configuration_printed_hidesTheKey() throws Exception {
    X509Bundle own = bundle(Algorithm.rsa2048);
    String secret = own.getKeyPair().getPrivate().toString();

    assertThat(valid(load(CLIENTS, own, own)).config().toString())
        .contains("TlsIdentity[CN=gateway]")
        .doesNotContain(secret);
  }
}
