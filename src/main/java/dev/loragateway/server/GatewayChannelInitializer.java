package dev.loragateway.server;

import dev.loragateway.proxy.BufferShare;
import dev.loragateway.proxy.ConnectionLimit;
import dev.loragateway.proxy.DownstreamHandler;
import dev.loragateway.proxy.FrameWatch;
import dev.loragateway.proxy.Http2Connection;
import dev.loragateway.proxy.ProxyContext;
import dev.loragateway.upstream.WriteCombiner;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The whole pipeline of a client connection: TLS or not, HTTP/1.1 or HTTP/2. Thread-safe. */
final class GatewayChannelInitializer extends ChannelInitializer<Channel> {
  private static final int MAX_HEADERS = 32 << 10;

  /** Between which a stream's answer waits in the gateway; a connection has many streams. */
  private static final WriteBufferWaterMark STREAM_MARKS =
      new WriteBufferWaterMark(16 << 10, 32 << 10);

  private static final long HANDSHAKE_MILLIS = 10_000;

  private final ProxyContext context;
  private final Supplier<@Nullable SslContext> tls;

  /**
   * Makes pipelines.
   *
   * @param tls what a new connection is encrypted with; null = it is not
   */
  GatewayChannelInitializer(ProxyContext context, Supplier<@Nullable SslContext> tls) {
    this.context = context;
    this.tls = tls;
  }

  @Override
  protected void initChannel(Channel channel) {
    ChannelPipeline pipeline = channel.pipeline();
    pipeline.addLast(new ConnectionLimit(context));
    SslContext secured = tls.get();
    if (secured == null) {
      DownstreamHandler handler = new DownstreamHandler(context);
      pipeline.addLast(new PrefaceDetector(this::http2, handler::bytesCame));
      http1(pipeline, handler);
    } else {
      SslHandler handler = secured.newHandler(channel.alloc());
      handler.setHandshakeTimeoutMillis(HANDSHAKE_MILLIS);
      pipeline.addLast(handler).addLast(new Negotiated());
    }
  }

  private static void http1(ChannelPipeline pipeline, DownstreamHandler handler) {
    pipeline
        .addLast(new WriteCombiner())
        .addLast(new StrictRequestDecoder(MAX_HEADERS, handler::bytesCame))
        .addLast(new AnswerEncoder())
        .addLast(handler);
  }

  private void http2(ChannelPipeline pipeline) {
    Http2FrameCodec codec = new StrictCodecBuilder(MAX_HEADERS).build();
    FrameWatch watch = new FrameWatch();
    Http2Connection connection = new Http2Connection(context, codec, watch);
    pipeline
        .addLast(watch)
        .addLast(codec)
        .addLast(new Http2MultiplexHandler(new Streams(connection, watch)))
        .addLast(connection);
  }

  /** The streams of a connection: each is one request, as HTTP/1.1 objects. */
  private final class Streams extends ChannelInitializer<Channel> {
    private final Http2Connection connection;
    private final FrameWatch watch;
    private final BufferShare share = new BufferShare(context);

    Streams(Http2Connection connection, FrameWatch watch) {
      this.connection = connection;
      this.watch = watch;
    }

    @Override
    protected void initChannel(Channel stream) {
      if (connection.refuses()) {
        stream
            .writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.REFUSED_STREAM))
            .addListener(ChannelFutureListener.CLOSE);
        return;
      }
      stream.config().setWriteBufferWaterMark(STREAM_MARKS);
      stream
          .pipeline()
          .addLast(new StrictStreamCodec(watch))
          .addLast(new DownstreamHandler(context, share));
    }
  }

  /** Goes on with what ALPN agreed on; a client without it speaks HTTP/1.1. */
  private final class Negotiated extends ApplicationProtocolNegotiationHandler {
    Negotiated() {
      super(ApplicationProtocolNames.HTTP_1_1);
    }

    @Override
    protected void configurePipeline(ChannelHandlerContext ctx, String protocol) {
      if (protocol.equals(ApplicationProtocolNames.HTTP_2)) {
        http2(ctx.pipeline());
      } else {
        http1(ctx.pipeline(), new DownstreamHandler(context));
      }
    }

    /** Scanners and clients that do not trust the certificate are no news. */
    @Override
    protected void handshakeFailure(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}
