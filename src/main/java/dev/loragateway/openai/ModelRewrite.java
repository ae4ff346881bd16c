package dev.loragateway.openai;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Puts the name that the client used back into an answer where the gateway asked upstream for
 * another: every member {@code "model"} with the upstream's name as its value, in plain JSON and in
 * streams of events, wherever the pieces are cut. All other bytes pass as they are. Within a JSON
 * string the quotes are escaped, so that generated text is not changed; a tool's input that is a
 * JSON object is, if it has such a member. One per answer:
 *
 * <pre>{@code
 * ByteBuf out = rewrite.rewrite(content, alloc);   // for each piece
 * ByteBuf last = rewrite.finish();                 // what was held back
 * }</pre>
 *
 * <p>Only bytes that may be the beginning of such a member are held back until more arrive. A name
 * that clients must not see is put back {@link #everywhere}, as in messages of errors. Confined to
 * one event loop.
 */
public final class ModelRewrite {
  /** White space that is recognised on each side of the colon, in bytes; servers write 0 or 1. */
  static final int MAX_SPACE = 16;

  private static final byte[] NAME = "\"model\"".getBytes(US_ASCII);
  private static final byte[] COLON = {':'};
  private static final int NO = 0;
  private static final int UNDECIDED = -1;

  private final byte[] upstream;
  private final byte[] client;

  /** Whether the name alone is looked for; else the whole member. */
  private final boolean alone;

  /*
   * While a piece is being rewritten, positions count over the held bytes and then over the piece.
   */
  private final byte[] held;
  private int heldLength;
  private ByteBuf piece = Unpooled.EMPTY_BUFFER;
  private int end;

  /**
   * A rewrite of one answer.
   *
   * @param upstreamName the name that the gateway sent upstream
   * @param clientName the name that the client sent
   */
  public ModelRewrite(String upstreamName, String clientName) {
    this(Json.quoted(upstreamName), Json.quoted(clientName), false);
  }

  private ModelRewrite(byte[] upstream, byte[] client, boolean alone) {
    this.upstream = upstream;
    this.client = client;
    this.alone = alone;
    held = new byte[NAME.length + COLON.length + 2 * MAX_SPACE + upstream.length];
  }

  /** A rewrite of one answer that puts the client's name wherever the upstream's stands. */
  public static ModelRewrite everywhere(String upstreamName, String clientName) {
    return new ModelRewrite(unquoted(upstreamName), unquoted(clientName), true);
  }

  private static byte[] unquoted(String name) {
    byte[] quoted = Json.quoted(name);
    return Arrays.copyOfRange(quoted, 1, quoted.length - 1);
  }

  /**
   * A request body with another model, sharing the body's memory.
   *
   * @param body the body that {@code facts} were found in; its indices stay, its reference count
   *     grows
   * @return a buffer that the caller releases
   */
  public static ByteBuf request(
      ByteBuf body, RequestFacts facts, String model, ByteBufAllocator alloc) {
    long behind = facts.modelOffset() + facts.modelLength();
    if (facts.modelOffset() < 0 || behind > body.readableBytes()) {
      throw new IllegalArgumentException(
          "model at " + facts.modelOffset() + " to " + behind + " (expected: within the body)");
    }
    int start = body.readerIndex();
    int length = body.readableBytes();
    return alloc
        .compositeBuffer(3)
        .addComponent(true, body.retainedSlice(start, (int) facts.modelOffset()))
        .addComponent(
            true, Unpooled.wrappedBuffer(facts.form() ? model.getBytes(UTF_8) : Json.quoted(model)))
        .addComponent(true, body.retainedSlice(start + (int) behind, length - (int) behind));
  }

  /**
   * Rewrites the next piece; its indices stay. The result may share its memory.
   *
   * @return a buffer, maybe an empty one, that the caller releases besides the piece
   */
  public ByteBuf rewrite(ByteBuf in, ByteBufAllocator alloc) {
    piece = in;
    end = heldLength + in.readableBytes();
    ByteBuf out = null;
    int written = 0;
    int at = candidate(0);
    while (at < end) {
      int match = match(at);
      if (match == UNDECIDED) {
        break;
      }
      if (match != NO) {
        out = out == null ? alloc.buffer(end + client.length) : out;
        copy(written, match - upstream.length, out);
        out.writeBytes(client);
        written = match;
      }
      at = candidate(match == NO ? at + 1 : match);
    }
    ByteBuf result = rest(out, written, at, alloc);
    hold(at);
    piece = Unpooled.EMPTY_BUFFER;
    return result;
  }

  /** The bytes still held back, once the answer is over; the caller releases the buffer. */
  public ByteBuf finish() {
    ByteBuf rest = Unpooled.copiedBuffer(held, 0, heldLength);
    heldLength = 0;
    return rest;
  }

  /** What has been written and the bytes up to {@code to}, without a copy where none is needed. */
  private ByteBuf rest(@Nullable ByteBuf out, int written, int to, ByteBufAllocator alloc) {
    if (out == null && heldLength == 0) {
      return piece.retainedSlice(piece.readerIndex(), to);
    }
    ByteBuf rest = out == null ? alloc.buffer(to) : out;
    copy(written, to, rest);
    return rest;
  }

  private void hold(int from) {
    int kept = Math.max(0, heldLength - from);
    System.arraycopy(held, heldLength - kept, held, 0, kept);
    int start = piece.readerIndex() + Math.max(0, from - heldLength);
    heldLength = end - from;
    piece.getBytes(start, held, kept, heldLength - kept);
  }

  private void copy(int from, int to, ByteBuf out) {
    if (from < heldLength) {
      out.writeBytes(held, from, Math.min(to, heldLength) - from);
    }
    if (to > heldLength) {
      int start = Math.max(from, heldLength);
      out.writeBytes(piece, piece.readerIndex() + start - heldLength, to - start);
    }
  }

  /** Position of the next byte that what is looked for begins with, or {@code end}. */
  private int candidate(int from) {
    byte first = alone ? upstream[0] : NAME[0];
    int at = from;
    for (; at < heldLength; at++) {
      if (held[at] == first) {
        return at;
      }
    }
    int shift = piece.readerIndex() - heldLength;
    int index = at < end ? piece.indexOf(at + shift, end + shift, first) : -1;
    return index < 0 ? end : index - shift;
  }

  /** Position behind what is looked for and begins here, {@link #NO} or {@link #UNDECIDED}. */
  private int match(int from) {
    if (alone) {
      return literal(upstream, from);
    }
    int at = literal(NAME, from);
    at = at > 0 ? space(at) : at;
    at = at > 0 ? literal(COLON, at) : at;
    at = at > 0 ? space(at) : at;
    return at > 0 ? literal(upstream, at) : at;
  }

  private int literal(byte[] expected, int from) {
    for (int i = 0; i < expected.length; i++) {
      if (from + i == end) {
        return UNDECIDED;
      }
      if (at(from + i) != expected[i]) {
        return NO;
      }
    }
    return from + expected.length;
  }

  private int space(int from) {
    int at = from;
    while (at < end && at < from + MAX_SPACE && isSpace(at(at))) {
      at++;
    }
    return at;
  }

  private byte at(int position) {
    return position < heldLength
        ? held[position]
        : piece.getByte(piece.readerIndex() + position - heldLength);
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\n' || b == '\r' || b == '\t';
  }
}
