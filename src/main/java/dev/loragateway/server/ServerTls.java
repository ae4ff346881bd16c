package dev.loragateway.server;

import dev.loragateway.config.GatewayConfig.Tls;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.IOException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What new client connections are encrypted with at the moment; those that there are keep what they
 * have. Thread-safe.
 */
final class ServerTls implements Supplier<@Nullable SslContext> {
  private static final ApplicationProtocolConfig ALPN =
      new ApplicationProtocolConfig(
          Protocol.ALPN,
          SelectorFailureBehavior.NO_ADVERTISE,
          SelectedListenerFailureBehavior.ACCEPT,
          ApplicationProtocolNames.HTTP_2,
          ApplicationProtocolNames.HTTP_1_1);

  private @Nullable Tls settings;
  private volatile @Nullable SslContext context;

  @Override
  public @Nullable SslContext get() {
    return context;
  }

  /**
   * Takes these certificates from now on.
   *
   * @throws IOException when they cannot be used; nothing changes then
   */
  synchronized void use(@Nullable Tls next) throws IOException {
    if (next == null) {
      context = null;
    } else if (!next.equals(settings)) {
      context = build(next);
    }
    settings = next;
  }

  private static SslContext build(Tls tls) throws IOException {
    try {
      SslContextBuilder builder =
          SslContextBuilder.forServer(tls.own().key(), tls.own().chain())
              .protocols("TLSv1.3", "TLSv1.2")
              .ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
              .applicationProtocolConfig(ALPN);
      if (!tls.clientCa().isEmpty()) {
        builder
            .trustManager(tls.clientCa())
            .clientAuth(tls.clientOptional() ? ClientAuth.OPTIONAL : ClientAuth.REQUIRE);
      }
      return builder.build();
    } catch (IOException | IllegalArgumentException e) {
      throw new IOException("tls: %s cannot be used: %s".formatted(tls.own(), reason(e)), e);
    }
  }

  private static String reason(Exception e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
