package dev.loragateway.proxy;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodec;
import org.jspecify.annotations.Nullable;

/**
 * A client connection that speaks HTTP/2, of which each stream has a {@link DownstreamHandler} of
 * its own: ends when it idles for too long, and tells the client when the gateway drains. Confined
 * to the downstream event loop.
 */
public final class Http2Connection extends ConnectionSweep.Swept {
  private final ProxyContext context;
  private final Http2FrameCodec codec;
  private @Nullable ChannelHandlerContext ctx;
  private @Nullable ConnectionSweep sweep;
  private long lastUsed = System.nanoTime();
  private boolean told;

  /** Stands behind the codec of its connection. */
  public Http2Connection(ProxyContext context, Http2FrameCodec codec) {
    this.context = context;
    this.codec = codec;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    this.ctx = ctx;
    sweep = context.sweep(ctx.channel().eventLoop());
    sweep.add(this);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    if (sweep != null) {
      sweep.remove(this);
    }
  }

  @Override
  void checkDeadlines(long now) {
    if (ctx == null) {
      return;
    }
    if (codec.connection().numActiveStreams() > 0) {
      lastUsed = now;
    } else if (DownstreamHandler.passed(
        now - lastUsed, context.settings.get().timeouts().keepAlive())) {
      ctx.close();
    }
    if (context.draining() && !told) {
      told = true;
      ctx.writeAndFlush(new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR));
    }
  }

  @Override
  void end() {
    if (ctx != null && codec.connection().numActiveStreams() == 0) {
      ctx.close();
    }
  }

  /** A reset, or a client that does not speak HTTP/2 after all. */
  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }
}
