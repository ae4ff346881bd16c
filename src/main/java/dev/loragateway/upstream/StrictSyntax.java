package dev.loragateway.upstream;

import static io.netty.handler.codec.http.HttpConstants.CR;
import static io.netty.handler.codec.http.HttpConstants.HT;
import static io.netty.handler.codec.http.HttpConstants.LF;
import static io.netty.handler.codec.http.HttpConstants.SP;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import java.util.List;

/**
 * Finds what Netty's HTTP/1.1 decoders take although another parser may read it differently: bytes
 * between two messages, anything but one space between the words of a first line, white space in
 * front of a colon, headers that go on in the next line (obs-fold), transfer codings besides
 * chunked, and framing among the trailers. A decoder calls it while it decodes; an {@link
 * IllegalArgumentException} makes Netty refuse the message. Confined to the event loop of its
 * decoder.
 */
/*
 * Nothing is scanned twice: Netty tells where a word or a name stands in its line, and by then has read that line to
 * its end, so that the next byte to be read is the first one of the next line, once it has come.
 */
public final class StrictSyntax {
  private static final String FOLDED = "a header goes on in the next line";

  private final boolean skipsEmptyLines;
  private ByteBuf input = Unpooled.EMPTY_BUFFER;
  private boolean between = true;
  private boolean inBody;
  private boolean refused;

  /** A header's line has ended, and of the next line nothing has come. */
  private boolean lineEnded;

  private int wordEnd;

  /**
   * For the messages of one connection.
   *
   * @param skipsEmptyLines whether empty lines may stand in front of a message, as RFC 9112,
   *     section 2.2, wants it of servers
   */
  public StrictSyntax(boolean skipsEmptyLines) {
    this.skipsEmptyLines = skipsEmptyLines;
  }

  /**
   * Looks at what is to be decoded next. Whatever follows a refusal is dropped.
   *
   * @param out gets a refusal, as content that failed
   * @return whether the decoder may go on
   */
  public boolean admits(ByteBuf in, List<Object> out) {
    input = in;
    if (refused) {
      in.skipBytes(in.readableBytes());
      return false;
    }
    if (between) {
      return admitsFirst(in, out);
    }
    if (lineEnded && isBlank(in.getByte(in.readerIndex()))) {
      return refuse(FOLDED, in, out);
    }
    lineEnded = false;
    return true;
  }

  private boolean admitsFirst(ByteBuf in, List<Object> out) {
    int first = in.readerIndex();
    int end = in.writerIndex();
    if (skipsEmptyLines) {
      while (first + 1 < end && in.getByte(first) == CR && in.getByte(first + 1) == LF) {
        first += 2;
      }
      in.readerIndex(first);
      if (first == end || (first + 1 == end && in.getByte(first) == CR)) {
        return false;
      }
    }
    between = in.getByte(first) <= SP;
    return !between || refuse("a message begins with 0x%02x".formatted(in.getByte(first)), in, out);
  }

  private boolean refuse(String why, ByteBuf in, List<Object> out) {
    refused = true;
    in.skipBytes(in.readableBytes());
    LastHttpContent failed = new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER);
    failed.setDecoderResult(DecoderResult.failure(new IllegalArgumentException(why)));
    out.add(failed);
    return false;
  }

  /** Takes note of what the decoder made of it. */
  public void decoded(List<Object> out) {
    if (!out.isEmpty() && out.getLast() instanceof HttpObject last) {
      refused = last.decoderResult().isFailure();
      between = last instanceof LastHttpContent;
      inBody = !between;
    }
  }

  /** Returns whether the last message is over, and nothing is known of another one. */
  public boolean isBetween() {
    return between && !refused;
  }

  /** The first word of a first line. */
  public void firstWord(int start, int length) {
    wordEnd = start + length;
  }

  /** One of the other words. */
  public void nextWord(byte[] line, int start, int length) {
    if (start != wordEnd + 1 || line[wordEnd] != SP) {
      throw new IllegalArgumentException("the words of the first line are not one space apart");
    }
    wordEnd = start + length;
  }

  /** The name of a header or trailer. */
  public void name(byte[] line, int start, int length) {
    if (line[start + length] != ':') {
      throw new IllegalArgumentException("white space behind the name of a header");
    }
    if (inBody && isHeaderOnly(new AsciiString(line, start, length, false))) {
      throw new IllegalArgumentException("a trailer that can only be a header");
    }
    lineEnded = !input.isReadable();
    if (!lineEnded && isBlank(input.getByte(input.readerIndex()))) {
      throw new IllegalArgumentException(FOLDED);
    }
  }

  /** The whole head. */
  public static void framing(HttpHeaders headers) {
    String coding = headers.get(HttpHeaderNames.TRANSFER_ENCODING);
    if (coding == null) {
      return;
    }
    if (!HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(coding)
        || headers.getAll(HttpHeaderNames.TRANSFER_ENCODING).size() > 1) {
      throw new IllegalArgumentException("Transfer-Encoding is not just chunked");
    }
  }

  /** Which some parsers obey wherever they meet them. */
  private static boolean isHeaderOnly(AsciiString name) {
    return HttpHeaderNames.CONTENT_LENGTH.contentEqualsIgnoreCase(name)
        || HttpHeaderNames.TRANSFER_ENCODING.contentEqualsIgnoreCase(name)
        || HttpHeaderNames.CONNECTION.contentEqualsIgnoreCase(name);
  }

  private static boolean isBlank(byte b) {
    return b == SP || b == HT;
  }
}
