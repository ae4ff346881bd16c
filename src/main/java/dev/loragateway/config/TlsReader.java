package dev.loragateway.config;

import dev.loragateway.config.GatewayConfig.Tls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Reads what clients' connections are encrypted with. Confined to the reading thread. */
final class TlsReader {
  private final Format<Path> certificates;
  private final Format<Path> keys;

  TlsReader(Path baseDir) {
    certificates = CertificateFiles.in(baseDir);
    keys = CertificateFiles.keysIn(baseDir);
  }

  /** Null without a certificate. */
  @Nullable Tls read(Section section) {
    Located<Path> certificate = section.find("certificate", certificates);
    Located<Path> key = section.find("key", keys);
    Located<Path> clientCa = section.find("clientCa", certificates);
    boolean optional = section.value("clientOptional", Formats.BOOLEAN, false);
    for (String needed : new String[] {"certificate", "key"}) {
      if (section.present() && !section.has(needed)) {
        section.fault(needed, "is missing (expected: certificate and key)");
      }
    }
    if (optional && !section.has("clientCa")) {
      section.fault("clientOptional", "has no effect without clientCa (expected: both)");
    }
    if (certificate == null || key == null) {
      return null;
    }
    if (!KeyPairs.belong(certificate.value(), key.value())) {
      section.fault("key", "is not that of the certificate (expected: a key in PKCS #8 that is)");
      return null;
    }
    Path ca = clientCa == null ? null : clientCa.value();
    return new Tls(
        certificate.value(),
        key.value(),
        ca,
        optional,
        fingerprint(certificate.value(), key.value(), ca));
  }

  /** A file that vanishes now is reported when it is read the next time. */
  static String fingerprint(@Nullable Path... files) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Path file : files) {
        if (file != null) {
          digest.update(Files.readAllBytes(file));
        }
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    } catch (IOException e) {
      return "";
    }
  }
}
