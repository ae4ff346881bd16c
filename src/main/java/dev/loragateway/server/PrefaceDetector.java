package dev.loragateway.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http2.Http2CodecUtil;
import java.util.List;
import java.util.function.Consumer;

/**
 * Tells by its first bytes whether a plain connection speaks HTTP/2 (RFC 9113, section 3.3: "prior
 * knowledge"); until then, and if not, what stands behind it for HTTP/1.1 stays. Confined to the
 * downstream event loop.
 */
final class PrefaceDetector extends ByteToMessageDecoder {
  private static final ByteBuf PREFACE = Http2CodecUtil.connectionPrefaceBuf();

  private final Consumer<ChannelPipeline> http2;
  private final Runnable bytesCame;

  /**
   * Lets {@code http2} add the handlers of a connection that does, and tells of bytes that are held
   * here.
   */
  PrefaceDetector(Consumer<ChannelPipeline> http2, Runnable bytesCame) {
    this.http2 = http2;
    this.bytesCame = bytesCame;
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    int length = Math.min(in.readableBytes(), PREFACE.readableBytes());
    for (int i = 0; i < length; i++) {
      if (in.getByte(in.readerIndex() + i) != PREFACE.getByte(i)) {
        ctx.pipeline().remove(this);
        return;
      }
    }
    bytesCame.run();
    if (length == PREFACE.readableBytes()) {
      while (ctx.pipeline().last() != this) {
        ChannelHandler ofHttp1 = ctx.pipeline().removeLast();
        assert ofHttp1 != this;
      }
      http2.accept(ctx.pipeline());
      ctx.pipeline().remove(this);
    }
  }
}
