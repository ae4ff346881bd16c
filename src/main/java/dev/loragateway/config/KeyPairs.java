package dev.loragateway.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Tells whether a private key is that of a certificate, by signing something. Stateless. */
final class KeyPairs {
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----(.*?)-----END PRIVATE KEY-----", Pattern.DOTALL);

  private KeyPairs() {}

  /** Returns whether both can be read, the key in PKCS #8, and belong together. */
  static boolean belong(Path certificate, Path key) {
    try (InputStream in = Files.newInputStream(certificate)) {
      PublicKey ofCertificate =
          CertificateFactory.getInstance("X.509").generateCertificate(in).getPublicKey();
      Matcher pem = KEY.matcher(Files.readString(key));
      if (!pem.find()) {
        return false;
      }
      byte[] encoded = Base64.getMimeDecoder().decode(pem.group(1));
      PrivateKey own =
          KeyFactory.getInstance(ofCertificate.getAlgorithm())
              .generatePrivate(new PKCS8EncodedKeySpec(encoded));
      byte[] text = {1, 2, 3};
      Signature signature = Signature.getInstance(algorithm(ofCertificate));
      signature.initSign(own);
      signature.update(text);
      byte[] signed = signature.sign();
      signature.initVerify(ofCertificate);
      signature.update(text);
      return signature.verify(signed);
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      return false;
    }
  }

  private static String algorithm(PublicKey key) {
    return switch (key.getAlgorithm()) {
      case "RSA" -> "SHA256withRSA";
      case "EC" -> "SHA256withECDSA";
      default -> key.getAlgorithm();
    };
  }
}
