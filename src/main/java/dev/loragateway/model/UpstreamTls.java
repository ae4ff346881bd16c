package dev.loragateway.model;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * How TLS is spoken with model servers. A server has to prove that it is the host that the endpoint
 * names: by name, or by address where the endpoint has one. Two of the same certificates and key
 * are equal, so that an endpoint whose files were rotated is reached anew. Immutable.
 */
public final class UpstreamTls {
  /** Trusts the platform's authorities, and shows no certificate. */
  public static final UpstreamTls PLATFORM = new UpstreamTls(null, "platform");

  private final @Nullable SSLContext context;
  private final String fingerprint;

  private UpstreamTls(@Nullable SSLContext context, String fingerprint) {
    this.context = context;
    this.fingerprint = fingerprint;
  }

  /**
   * Trusts and shows these.
   *
   * @param trusted the authorities of the servers; empty = the platform's
   * @param own what is shown to a server that asks who connects; null = nothing
   */
  public static UpstreamTls of(List<X509Certificate> trusted, @Nullable TlsIdentity own)
      throws GeneralSecurityException {
    return trusted.isEmpty() && own == null
        ? PLATFORM
        : new UpstreamTls(TlsContexts.of(own, trusted), fingerprint(trusted, own));
  }

  private static String fingerprint(List<X509Certificate> trusted, @Nullable TlsIdentity own)
      throws GeneralSecurityException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (X509Certificate authority : trusted) {
      digest.update(authority.getEncoded());
    }
    if (own != null) {
      digest.update(own.key().getEncoded());
      for (X509Certificate certificate : own.chain()) {
        digest.update(certificate.getEncoded());
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** The client's side of a new connection. */
  public SSLEngine engine(String host, int port) {
    SSLEngine engine = context().createSSLEngine(host, port);
    engine.setUseClientMode(true);
    engine.setSSLParameters(checkingTheHost(engine.getSSLParameters()));
    return engine;
  }

  /** The same over a socket that is connected; closing either closes both. */
  public SSLSocket over(Socket connected, String host, int port) throws IOException {
    SSLSocket socket =
        (SSLSocket) context().getSocketFactory().createSocket(connected, host, port, true);
    socket.setSSLParameters(checkingTheHost(socket.getSSLParameters()));
    return socket;
  }

  private static SSLParameters checkingTheHost(SSLParameters parameters) {
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    return parameters;
  }

  /** The platform's is made at its first use, since it reads some hundred authorities. */
  public SSLContext context() {
    try {
      return context == null ? SSLContext.getDefault() : context;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("the platform's TLS cannot be used", e);
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof UpstreamTls that && fingerprint.equals(that.fingerprint);
  }

  @Override
  public int hashCode() {
    return fingerprint.hashCode();
  }
}
