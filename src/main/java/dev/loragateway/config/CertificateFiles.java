package dev.loragateway.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;

/** The format of paths to certificates. Stateless. */
final class CertificateFiles {
  private CertificateFiles() {}

  /** Files whose path is relative to {@code directory} unless it is absolute. */
  static Format<Path> in(Path directory) {
    return new Format<>(
        "a readable PEM file of certificates; a relative path begins at the configuration file",
        text -> certificates(directory, text));
  }

  /** The same for a private key, which must not be encrypted. */
  static Format<Path> keysIn(Path directory) {
    return new Format<>(
        "a readable PEM file of a private key that is not encrypted; a relative path begins at the"
            + " configuration file",
        text -> key(directory, text));
  }

  private static Parsed<Path> key(Path directory, String text) {
    if (text.indexOf('\0') >= 0) {
      return Parsed.wrong(text, "is not a path");
    }
    Path file = directory.resolve(text);
    try {
      String pem = Files.readString(file);
      return pem.contains("PRIVATE KEY-----") && !pem.contains("ENCRYPTED")
          ? new Parsed.Value<>(file)
          : Parsed.wrong(file.toString(), "holds no private key in the clear");
    } catch (IOException e) {
      return Parsed.wrong(file.toString(), "is not a readable file");
    }
  }

  private static Parsed<Path> certificates(Path directory, String text) {
    if (text.indexOf('\0') >= 0) {
      return Parsed.wrong(text, "is not a path");
    }
    Path file = directory.resolve(text);
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      return Parsed.wrong(file.toString(), "is not a readable file");
    }
    try (InputStream in = Files.newInputStream(file)) {
      return CertificateFactory.getInstance("X.509").generateCertificates(in).isEmpty()
          ? Parsed.wrong(file.toString(), "holds no certificate")
          : new Parsed.Value<>(file);
    } catch (CertificateException e) {
      return Parsed.wrong(file.toString(), "holds no valid certificate");
    } catch (IOException e) {
      return Parsed.wrong(file.toString(), "cannot be read");
    }
  }
}
