package dev.loragateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.util.AsciiString;
import java.util.List;

/**
 * Decodes the answers of a model server, and refuses those that another parser may read
 * differently: what is passed on must mean to the client what it meant here. Good for methods whose
 * answers have a body, which HEAD and CONNECT are not. Confined to its event loop.
 */
final class StrictResponseDecoder extends HttpResponseDecoder {
  /** Headers of an answer may be as long as this, in bytes. */
  private static final int MAX_HEADERS = 64 << 10;

  private static final int MAX_CHUNK = 64 << 10;

  private final StrictSyntax syntax = new StrictSyntax(false);

  StrictResponseDecoder() {
    super(
        new HttpDecoderConfig()
            .setStrictLineParsing(true)
            .setUseRfc9112TransferEncoding(true)
            .setMaxHeaderSize(MAX_HEADERS)
            .setMaxChunkSize(MAX_CHUNK));
  }

  /** Returns whether no byte has come since the end of the last answer. */
  boolean isBetweenAnswers() {
    return syntax.isBetween() && actualReadableBytes() == 0;
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    if (syntax.admits(in, out)) {
      super.decode(ctx, in, out);
      syntax.decoded(out);
    }
  }

  /** The version. */
  @Override
  protected String splitFirstWordInitialLine(byte[] line, int start, int length) {
    syntax.firstWord(start, length);
    String version = super.splitFirstWordInitialLine(line, start, length);
    if (!version.equals("HTTP/1.1") && !version.equals("HTTP/1.0")) {
      throw new IllegalArgumentException("version " + version);
    }
    return version;
  }

  /** The status. */
  @Override
  protected String splitSecondWordInitialLine(byte[] line, int start, int length) {
    syntax.nextWord(line, start, length);
    if (length != 3 || line[start] < '1' || line[start] > '5') {
      throw new IllegalArgumentException("a status that is not between 100 and 599");
    }
    return super.splitSecondWordInitialLine(line, start, length);
  }

  /** The reason phrase. */
  @Override
  protected String splitThirdWordInitialLine(byte[] line, int start, int length) {
    syntax.nextWord(line, start, length);
    for (int i = start; i < start + length; i++) {
      if ((line[i] >= 0 && line[i] < ' ' && line[i] != '\t') || line[i] == 0x7f) {
        throw new IllegalArgumentException("a control character in the status line");
      }
    }
    return super.splitThirdWordInitialLine(line, start, length);
  }

  @Override
  protected AsciiString splitHeaderName(byte[] line, int start, int length) {
    syntax.name(line, start, length);
    return super.splitHeaderName(line, start, length);
  }

  /** Called once the head is whole, and so the place to look at all of it. */
  @Override
  protected boolean isContentAlwaysEmpty(HttpMessage head) {
    StrictSyntax.framing(head.headers());
    return super.isContentAlwaysEmpty(head);
  }
}
