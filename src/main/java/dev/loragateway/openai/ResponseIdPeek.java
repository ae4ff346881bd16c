package dev.loragateway.openai;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.util.ByteProcessor;
import org.jspecify.annotations.Nullable;

/**
 * Finds the response's own id in the beginning of a {@code /v1/responses} answer, plain or a
 * stream: the first member {@code "id"} whose value begins with {@code resp_}. Looks at {@value
 * #WITHIN} bytes at most and stops once it is found. Within a JSON string the quotes are escaped,
 * so that generated text is not taken for the member. Never throws. Confined to one event loop.
 */
public final class ResponseIdPeek {
  static final int WITHIN = 16 * 1024;

  /** Longest id taken, in bytes. Servers' ids have about 40. */
  static final int MAX_ID = 256;

  private static final byte[] NAME = "\"id\"".getBytes(US_ASCII);
  private static final String PREFIX = "resp_";

  private enum State {
    NAME,
    COLON,
    QUOTE,
    VALUE,
    DONE
  }

  private final ByteProcessor processor = this::next;
  private final StringBuilder value = new StringBuilder();
  private State state = State.NAME;
  private int matched;
  private int left = WITHIN;
  private @Nullable String id;

  /** A peek at an answer of which nothing has arrived. */
  public ResponseIdPeek() {}

  /** Takes the next bytes of the answer; indices and reference count stay. */
  public void add(ByteBuf content) {
    if (state != State.DONE) {
      int count = Math.min(left, content.readableBytes());
      content.forEachByte(content.readerIndex(), count, processor);
      left -= count;
      if (left == 0) {
        state = State.DONE;
      }
    }
  }

  /** The id, or null when none has been seen. */
  public @Nullable String id() {
    return id;
  }

  private boolean next(byte b) {
    boolean space = b == ' ' || b == '\n' || b == '\r' || b == '\t';
    switch (state) {
      case NAME -> name(b);
      case COLON -> state = b == ':' ? State.QUOTE : space ? State.COLON : restart(b);
      case QUOTE -> state = b == '"' ? State.VALUE : space ? State.QUOTE : restart(b);
      case VALUE -> value(b);
      case DONE -> {}
    }
    return state != State.DONE;
  }

  private void name(byte b) {
    if (b != NAME[matched]) {
      restart(b);
    } else if (++matched == NAME.length) {
      state = State.COLON;
      value.setLength(0);
    }
  }

  private void value(byte b) {
    int length = value.length();
    if (b == '"' && length > PREFIX.length()) {
      id = value.toString();
      state = State.DONE;
    } else if (length < MAX_ID && isPart(b, length)) {
      value.append((char) b);
    } else {
      state = restart(b);
    }
  }

  private static boolean isPart(byte b, int at) {
    return at < PREFIX.length()
        ? b == PREFIX.charAt(at)
        : b > ' ' && b < 0x7F && b != '"' && b != '\\';
  }

  /** Looks for the next member; this byte may be its opening quote. */
  private State restart(byte b) {
    matched = b == NAME[0] ? 1 : 0;
    return State.NAME;
  }
}
