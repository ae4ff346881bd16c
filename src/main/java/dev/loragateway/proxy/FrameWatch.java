package dev.loragateway.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameTypes;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the frame headers of a client that speaks HTTP/2, in front of the codec: tells since
 * when something has been incomplete that nobody can go on without, and ends connections that
 * mostly manage themselves. Confined to the downstream event loop.
 */
/*
 * The codec bounds what a frame can make it hold, and floods of resets, empty data and continuations, but neither how
 * long a block of headers may take nor how often a client may ping, set, prioritise or open windows. Those frames are
 * paid for with credit, which requests and answers earn: a client that reads needs some window updates for each piece.
 */
public final class FrameWatch extends ChannelInboundHandlerAdapter {
  /** Frames that may be ahead of what has been earned; Envoy lets as many wait to be sent. */
  private static final int CREDIT = 10_000;

  /** For pings of idle connections. */
  private static final int EARNED_PER_SECOND = 100;

  /** Envoy's ratio of PRIORITY to streams. */
  private static final int EARNED_BY_HEADERS = 100;

  /**
   * Two windows to open for a piece of an answer, and for each of the frames that it may become.
   */
  private static final int EARNED_BY_PIECE = 4;

  private static final int BYTES_PER_FRAME = 512;

  private @Nullable ChannelHandlerContext ctx;

  /** Bytes of the preface or of a payload that are still to come. */
  private int toCome = Http2CodecUtil.connectionPrefaceBuf().readableBytes();

  private int headerBytes;
  private int length;
  private byte type = -1;
  private byte flags;

  /** The preface with its settings, or a block of headers, is not whole. */
  private boolean inBlock = true;

  /** When what is incomplete began; 0 = nothing is. */
  private long since;

  private int credit = CREDIT;
  private long grantedAt = System.nanoTime();
  private boolean ended;

  /** For one connection. */
  public FrameWatch() {}

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    this.ctx = ctx;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    if (!ended) {
      scan(bytes);
    }
    if (ended) {
      bytes.release();
    } else {
      ctx.fireChannelRead(bytes);
    }
  }

  private void scan(ByteBuf bytes) {
    int end = bytes.writerIndex();
    for (int at = bytes.readerIndex(); at < end; ) {
      if (toCome > 0) {
        int here = Math.min(toCome, end - at);
        at += here;
        toCome -= here;
        if (toCome == 0) {
          frameEnds();
        }
      } else {
        headerByte(bytes.getByte(at++));
      }
    }
    if (!incomplete()) {
      since = 0;
    } else if (since == 0) {
      since = System.nanoTime();
    }
  }

  private void headerByte(byte next) {
    switch (headerBytes++) {
      case 0, 1, 2 -> length = (length << 8) | (next & 0xff);
      case 3 -> type = next;
      case 4 -> flags = next;
      case Http2CodecUtil.FRAME_HEADER_LENGTH - 1 -> frameBegins();
      default -> {}
    }
  }

  private void frameBegins() {
    headerBytes = 0;
    toCome = length;
    length = 0;
    switch (type) {
      case Http2FrameTypes.HEADERS -> earn(EARNED_BY_HEADERS);
      case Http2FrameTypes.DATA, Http2FrameTypes.CONTINUATION, Http2FrameTypes.RST_STREAM -> {}
      default -> spend();
    }
    if (toCome == 0) {
      frameEnds();
    }
  }

  private void frameEnds() {
    if (type == -1) {
      return;
    }
    inBlock =
        (type == Http2FrameTypes.HEADERS || type == Http2FrameTypes.CONTINUATION)
            && (flags & Http2Flags.END_HEADERS) == 0;
    if (!inBlock) {
      since = 0;
    }
  }

  /** Part of a body may come as slowly as bodies may. */
  private boolean incomplete() {
    return inBlock || headerBytes > 0 || (toCome > 0 && type != Http2FrameTypes.DATA);
  }

  /** A piece of an answer of so many bytes was written. */
  public void answered(int bytes) {
    earn(EARNED_BY_PIECE + bytes / BYTES_PER_FRAME);
  }

  private void earn(int frames) {
    credit = Math.min(CREDIT, credit + frames);
  }

  private void spend() {
    if (--credit >= 0) {
      return;
    }
    long now = System.nanoTime();
    credit = (int) Math.min(CREDIT, (now - grantedAt) / (1_000_000_000L / EARNED_PER_SECOND));
    grantedAt = now;
    if (credit == 0) {
      end("too many frames that ask for nothing");
    }
  }

  /** Returns whether something that began has been incomplete for longer than that. */
  boolean late(long now, Duration timeout) {
    return !ended && since != 0 && DownstreamHandler.passed(now - since, timeout);
  }

  /** Takes no more, and has the codec tell the client why. */
  void end(String why) {
    if (!ended && ctx != null) {
      ended = true;
      ctx.fireExceptionCaught(Http2Exception.connectionError(Http2Error.ENHANCE_YOUR_CALM, why));
    }
  }
}
