package dev.loragateway.server;

import dev.loragateway.upstream.StrictSyntax;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.util.AsciiString;
import java.util.List;

/**
 * Decodes the requests of a client, and refuses those on whose meaning or end two parsers could
 * disagree, which is what request smuggling lives on. Confined to the downstream event loop.
 */
final class StrictRequestDecoder extends HttpRequestDecoder {
  static final int MAX_REQUEST_LINE = 8 << 10;

  private static final int MAX_CHUNK = 64 << 10;

  private final StrictSyntax syntax = new StrictSyntax(true);
  private final Runnable bytesCame;

  /**
   * For one connection.
   *
   * @param maxHeaders how long the headers of a request may be, in bytes
   * @param bytesCame told whenever bytes come, whether or not they make a message
   */
  StrictRequestDecoder(int maxHeaders, Runnable bytesCame) {
    super(
        new HttpDecoderConfig()
            .setStrictLineParsing(true)
            .setUseRfc9112TransferEncoding(true)
            .setMaxInitialLineLength(MAX_REQUEST_LINE)
            .setMaxHeaderSize(maxHeaders)
            .setMaxChunkSize(MAX_CHUNK));
    this.bytesCame = bytesCame;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object bytes) throws Exception {
    bytesCame.run();
    super.channelRead(ctx, bytes);
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    if (syntax.admits(in, out)) {
      super.decode(ctx, in, out);
      syntax.decoded(out);
    }
  }

  /** The method. */
  @Override
  protected String splitFirstWordInitialLine(byte[] line, int start, int length) {
    syntax.firstWord(start, length);
    return super.splitFirstWordInitialLine(line, start, length);
  }

  /** The target. */
  @Override
  protected String splitSecondWordInitialLine(byte[] line, int start, int length) {
    syntax.nextWord(line, start, length);
    return super.splitSecondWordInitialLine(line, start, length);
  }

  /** The version, whose case Netty ignores. */
  @Override
  protected String splitThirdWordInitialLine(byte[] line, int start, int length) {
    syntax.nextWord(line, start, length);
    String version = super.splitThirdWordInitialLine(line, start, length);
    if (!version.startsWith("HTTP/")) {
      throw new IllegalArgumentException("version " + version);
    }
    return version;
  }

  @Override
  protected AsciiString splitHeaderName(byte[] line, int start, int length) {
    syntax.name(line, start, length);
    return super.splitHeaderName(line, start, length);
  }

  /**
   * Called once the head is whole, and so the place to look at all of it. With both of the keys of
   * a WebSocket handshake older than RFC 6455 Netty takes 8 bytes behind a GET for its body.
   */
  @Override
  protected boolean isContentAlwaysEmpty(HttpMessage head) {
    StrictSyntax.framing(head.headers());
    if (head.headers().contains(HttpHeaderNames.SEC_WEBSOCKET_KEY1)
        && head.headers().contains(HttpHeaderNames.SEC_WEBSOCKET_KEY2)) {
      throw new IllegalArgumentException("Sec-WebSocket-Key1 and -Key2");
    }
    return super.isContentAlwaysEmpty(head);
  }
}
