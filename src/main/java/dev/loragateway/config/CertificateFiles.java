package dev.loragateway.config;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The formats of paths to certificates and private keys. Stateless. */
final class CertificateFiles {
  private static final Pattern KEY =
      Pattern.compile(
          "-----BEGIN PRIVATE KEY-----([^-]*+)-----END PRIVATE KEY-----", Pattern.DOTALL);
  private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA");

  private CertificateFiles() {}

  /** Certificates, at least one. */
  static Format<List<X509Certificate>> in(Path directory) {
    return FileFormat.of(
        "a readable PEM file of certificates", directory, CertificateFiles::certificates);
  }

  /** A private key. */
  static Format<PrivateKey> keysIn(Path directory) {
    return FileFormat.of(
        "a readable PEM file of a private key in PKCS #8 (BEGIN PRIVATE KEY), not encrypted",
        directory,
        CertificateFiles::key);
  }

  private static Parsed<List<X509Certificate>> certificates(String file, byte[] bytes) {
    try {
      List<X509Certificate> all =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(bytes))
              .stream()
              .map(X509Certificate.class::cast)
              .toList();
      return all.isEmpty() ? Parsed.wrong(file, "holds no certificate") : new Parsed.Value<>(all);
    } catch (CertificateException e) {
      return Parsed.wrong(file, "holds no valid certificate");
    }
  }

  private static Parsed<PrivateKey> key(String file, byte[] bytes) {
    Matcher pem = KEY.matcher(new String(bytes, StandardCharsets.ISO_8859_1));
    if (!pem.find()) {
      return Parsed.wrong(file, "holds no private key of this kind");
    }
    try {
      byte[] encoded = Base64.getMimeDecoder().decode(pem.group(1));
      return new Parsed.Value<>(decode(new PKCS8EncodedKeySpec(encoded)));
    } catch (InvalidKeySpecException | IllegalArgumentException e) {
      return Parsed.wrong(file, "holds no valid private key of " + String.join(", ", ALGORITHMS));
    } catch (GeneralSecurityException e) {
      return Parsed.wrong(file, "cannot be used: " + e.getMessage());
    }
  }

  private static PrivateKey decode(KeySpec key) throws GeneralSecurityException {
    for (String algorithm : ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(key);
      } catch (InvalidKeySpecException e) {
        // it may be one of another algorithm
      }
    }
    throw new InvalidKeySpecException("of another algorithm, or none");
  }
}
