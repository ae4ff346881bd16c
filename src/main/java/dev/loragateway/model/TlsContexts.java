package dev.loragateway.model;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** Makes the JDK's TLS contexts. Stateless. */
public final class TlsContexts {
  private TlsContexts() {}

  /**
   * A context of these alone.
   *
   * @param own null = none
   * @param trusted the authorities of the other side; empty = the platform's
   */
  public static SSLContext of(@Nullable TlsIdentity own, List<X509Certificate> trusted)
      throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(
        own == null ? null : keys(own), trusted.isEmpty() ? null : authorities(trusted), null);
    return context;
  }

  private static KeyManager[] keys(TlsIdentity own) throws GeneralSecurityException {
    char[] password = {};
    KeyStore store = emptyStore();
    store.setKeyEntry("own", own.key(), password, own.chain().toArray(Certificate[]::new));
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, password);
    return keys.getKeyManagers();
  }

  private static TrustManager[] authorities(List<X509Certificate> trusted)
      throws GeneralSecurityException {
    KeyStore store = emptyStore();
    for (int i = 0; i < trusted.size(); i++) {
      store.setCertificateEntry("ca-" + i, trusted.get(i));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    return trust.getTrustManagers();
  }

  private static KeyStore emptyStore() throws GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try {
      store.load(null, null);
    } catch (IOException e) {
      throw new IllegalStateException("nothing is read", e);
    }
    return store;
  }
}
