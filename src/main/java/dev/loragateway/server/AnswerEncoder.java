package dev.loragateway.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;

/**
 * Encodes answers, and makes one buffer of a small chunk where the codec makes three: an answer
 * that is streamed has one for each token. Confined to its event loop.
 */
final class AnswerEncoder extends HttpResponseEncoder {
  /** Larger chunks are not copied, in bytes. */
  private static final int SMALL = 2048;

  /** Size in hexadecimal, up to three digits, and two line ends. */
  private static final int FRAME = 7;

  private static final short LINE_END = '\r' << 8 | '\n';
  private static final byte[] DIGITS = "0123456789abcdef".getBytes(US_ASCII);

  private boolean chunked;

  @Override
  protected void sanitizeHeadersBeforeEncode(HttpResponse head, boolean alwaysEmpty) {
    super.sanitizeHeadersBeforeEncode(head, alwaysEmpty);
    chunked = !alwaysEmpty && HttpUtil.isTransferEncodingChunked(head);
  }

  @Override
  protected void encode(ChannelHandlerContext ctx, Object message, List<Object> out)
      throws Exception {
    if (chunked
        && message instanceof HttpContent content
        && !(message instanceof LastHttpContent)
        && !(message instanceof HttpResponse)
        && content.content().isReadable()
        && content.content().readableBytes() <= SMALL) {
      try {
        out.add(chunk(ctx, content.content()));
      } finally {
        content.release();
      }
    } else {
      chunked &= !(message instanceof LastHttpContent);
      super.encode(ctx, message, out);
    }
  }

  private static ByteBuf chunk(ChannelHandlerContext ctx, ByteBuf content) {
    int length = content.readableBytes();
    ByteBuf chunk = ctx.alloc().directBuffer(length + FRAME);
    for (int shift = length < 0x10 ? 0 : length < 0x100 ? 4 : 8; shift >= 0; shift -= 4) {
      chunk.writeByte(DIGITS[length >>> shift & 0xf]);
    }
    ByteBufUtil.writeShortBE(chunk, LINE_END);
    chunk.writeBytes(content, content.readerIndex(), length);
    ByteBufUtil.writeShortBE(chunk, LINE_END);
    return chunk;
  }
}
