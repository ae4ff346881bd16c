package dev.loragateway.config;

import dev.loragateway.config.GatewayConfig.Tls;
import dev.loragateway.model.TlsIdentity;
import dev.loragateway.model.UpstreamTls;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads what connections are encrypted with. Confined to the reading thread. */
final class TlsReader {
  private static final String[] PAIR = {"certificate", "key"};

  private final Format<List<X509Certificate>> certificates;
  private final Format<PrivateKey> keys;

  TlsReader(Path baseDir) {
    certificates = CertificateFiles.in(baseDir);
    keys = CertificateFiles.keysIn(baseDir);
  }

  /** What those who connect to the gateway see; null without a certificate. */
  @Nullable Tls server(Section section) {
    TlsIdentity own = identity(section, section.present());
    List<X509Certificate> clientCa = authorities(section, "clientCa");
    boolean optional = section.value("clientOptional", Formats.BOOLEAN, false);
    if (optional && !section.has("clientCa")) {
      section.fault("clientOptional", "has no effect without clientCa (expected: both)");
    }
    return own == null ? null : new Tls(own, clientCa, optional);
  }

  /** What the gateway does when it connects to a model server. */
  UpstreamTls upstream(Section section) {
    List<X509Certificate> trusted = authorities(section, "ca");
    TlsIdentity own = identity(section, section.has("certificate") || section.has("key"));
    try {
      return UpstreamTls.of(trusted, own);
    } catch (GeneralSecurityException e) {
      section.fault("certificate", "cannot be used: " + e.getMessage());
      return UpstreamTls.PLATFORM;
    }
  }

  private List<X509Certificate> authorities(Section section, String key) {
    return section.value(key, certificates, List.of());
  }

  private @Nullable TlsIdentity identity(Section section, boolean needed) {
    Located<List<X509Certificate>> chain = section.find("certificate", certificates);
    Located<PrivateKey> key = section.find("key", keys);
    for (String one : PAIR) {
      if (needed && !section.has(one)) {
        section.fault(one, "is missing (expected: certificate and key)");
      }
    }
    if (chain == null || key == null) {
      return null;
    }
    if (!belong(chain.value().getFirst().getPublicKey(), key.value())) {
      section.fault("key", "is not that of the certificate (expected: the one that is)");
      return null;
    }
    return new TlsIdentity(chain.value(), key.value());
  }

  /** Shown by signing something. */
  private static boolean belong(PublicKey ofCertificate, PrivateKey own) {
    byte[] text = {1, 2, 3};
    try {
      Signature signature = Signature.getInstance(algorithm(ofCertificate));
      signature.initSign(own);
      signature.update(text);
      byte[] signed = signature.sign();
      signature.initVerify(ofCertificate);
      signature.update(text);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
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
