package dev.loragateway.proxy;

import dev.loragateway.model.GatewayError;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.DefaultHttp2PingFrame;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2PingFrame;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/**
 * A client connection that speaks HTTP/2, of which each stream has a {@link DownstreamHandler} of
 * its own: ends when it idles for too long, when its headers do not come, when the client does not
 * read from its socket, and when the gateway drains, so that no request is lost. Confined to the
 * downstream event loop.
 */
/*
 * A connection is ended in two steps (RFC 9113, section 6.8). The first GOAWAY asks for no more streams and refuses
 * none; once the client has answered a PING behind it, whatever it had sent before has come, and the second GOAWAY
 * names the last stream that is answered. What comes after that is refused, and the client may send it elsewhere.
 * The codec knows of the first one only: behind the second it would take the body of a request that it refuses for a
 * breach of the protocol. The socket stays open for a moment, since closing it with bytes unread would take the
 * GOAWAY back.
 */
public final class Http2Connection extends ConnectionSweep.Swept {
  /** How long an answer to the PING, and the client's own end of the connection, are waited for. */
  private static final long PATIENCE_NANOS = 500_000_000L;

  private static final long LAST_PING = 0x6c6f7261_656e6473L;

  private enum Phase {
    OPEN,
    WARNED,
    ENDING
  }

  private final ProxyContext context;
  private final Http2FrameCodec codec;
  private final FrameWatch watch;
  private @Nullable ChannelHandlerContext ctx;
  private @Nullable ConnectionSweep sweep;
  private final Unsent unsent = new Unsent();
  private long lastUsed = System.nanoTime();
  private int lastStream;
  private Phase phase = Phase.OPEN;
  private long phaseSince;

  /** Stands behind the codec of its connection, which stands behind the watch. */
  public Http2Connection(ProxyContext context, Http2FrameCodec codec, FrameWatch watch) {
    this.context = context;
    this.codec = codec;
    this.watch = watch;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    this.ctx = ctx;
    sweep = context.sweep(ctx.channel().eventLoop());
    sweep.add(this);
    context.beginning.incrementAndGet();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    if (sweep != null) {
      sweep.remove(this);
    }
    enter(Phase.ENDING);
  }

  private void enter(Phase next) {
    if (next == Phase.ENDING && phase != Phase.ENDING) {
      context.beginning.decrementAndGet();
    }
    phase = next;
    phaseSince = System.nanoTime();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object frame) {
    boolean answered =
        frame instanceof Http2PingFrame ping && ping.ack() && ping.content() == LAST_PING;
    ReferenceCountUtil.release(frame);
    if (answered && phase == Phase.WARNED) {
      refuseMore(ctx);
    }
  }

  @Override
  void checkDeadlines(long now) {
    if (ctx == null) {
      return;
    }
    ProxySettings.Timeouts timeouts = context.settings.get().timeouts();
    if (watch.late(now, timeouts.requestHeader())) {
      context.listener.rejected(GatewayError.REQUEST_HEADER_TIMEOUT);
      watch.end("the headers did not come in time (timeouts.requestHeader)");
      return;
    }
    unsent.look(ctx.channel(), now);
    if (unsent.bytes() > 0
        && DownstreamHandler.passed(now - unsent.lastTaken(), timeouts.answer().idle())) {
      ctx.close();
      return;
    }
    if (inUse()) {
      lastUsed = now;
    }
    advance(ctx, now, timeouts);
  }

  private void advance(ChannelHandlerContext ctx, long now, ProxySettings.Timeouts timeouts) {
    switch (phase) {
      case OPEN -> {
        if (context.draining() || DownstreamHandler.passed(now - lastUsed, timeouts.keepAlive())) {
          warn(ctx);
        }
      }
      case WARNED -> {
        if (now - phaseSince > PATIENCE_NANOS) {
          refuseMore(ctx);
        }
      }
      case ENDING -> {
        if (now - Math.max(phaseSince, lastUsed) > PATIENCE_NANOS) {
          ctx.close();
        }
      }
    }
  }

  /** Whether streams are open, or were between two looks. */
  private boolean inUse() {
    int last = codec.connection().remote().lastStreamCreated();
    boolean begun = last != lastStream;
    lastStream = last;
    return begun || codec.connection().numActiveStreams() > 0;
  }

  private void warn(ChannelHandlerContext ctx) {
    enter(Phase.WARNED);
    ctx.write(
        new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR).setExtraStreamIds(Integer.MAX_VALUE));
    ctx.writeAndFlush(new DefaultHttp2PingFrame(LAST_PING));
  }

  private void refuseMore(ChannelHandlerContext ctx) {
    enter(Phase.ENDING);
    ChannelHandlerContext ofCodec = ctx.pipeline().context(codec);
    int last = codec.connection().remote().lastStreamCreated();
    codec
        .encoder()
        .frameWriter()
        .writeGoAway(
            ofCodec, last, Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER, ofCodec.newPromise());
    ofCodec.flush();
  }

  /** Returns whether a stream that begins now has been refused. */
  public boolean refuses() {
    return phase == Phase.ENDING;
  }

  @Override
  void end() {
    if (ctx != null && phase != Phase.ENDING) {
      if (phase == Phase.OPEN) {
        warn(ctx);
      }
      refuseMore(ctx);
    }
  }

  /** The codec itself ends a connection that broke the rules of HTTP/2, and says why. */
  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (Http2CodecUtil.getEmbeddedHttp2Exception(cause) == null) {
      ctx.close();
    }
  }
}
