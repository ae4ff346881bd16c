package dev.loragateway.openai;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The inside of one JSON string, from its opening quote to its closing one: checks escapes, control
 * characters and UTF-8, and decodes on demand. An escaped surrogate may stand alone, as the grammar
 * allows. Resumable at any byte, reused from string to string. Confined to one event loop.
 */
final class JsonString {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long EACH = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;

  /** What may follow a backslash; 'u' needs more. */
  private static final boolean[] SIMPLE_ESCAPES = new boolean[128];

  static {
    for (char c : "\"\\/bfnrt".toCharArray()) {
      SIMPLE_ESCAPES[c] = true;
    }
  }

  private static final String CONTINUATION = "a UTF-8 continuation byte";

  private enum State {
    CHARACTERS,
    ESCAPE,
    HEX,
    CLOSED,
    BAD
  }

  private final DecodedText text = new DecodedText();
  private State state = State.CLOSED;
  private String expected = "";
  private boolean decoding;
  private int hexDigits;
  private int hexValue;
  private int pending;
  private int lowest;
  private int highest;

  /**
   * Begins a string behind its opening quote.
   *
   * @param limit how many decoded bytes to keep; 0 = only check
   */
  void begin(int limit) {
    state = State.CHARACTERS;
    pending = 0;
    decoding = limit > 0;
    if (decoding) {
      text.begin(limit);
    }
  }

  /**
   * Goes on in {@code bytes}; answers the index behind the closing quote, that of the offending
   * byte, or {@code to}.
   */
  int scan(byte[] bytes, int from, int to) {
    int i = from;
    while (i < to && state != State.CLOSED && state != State.BAD) {
      i =
          switch (state) {
            case CHARACTERS -> characters(bytes, i, to);
            case ESCAPE -> escape(bytes, i);
            default -> hex(bytes, i);
          };
    }
    return i;
  }

  boolean isClosed() {
    return state == State.CLOSED;
  }

  boolean isBad() {
    return state == State.BAD;
  }

  /** What may stand where the scan stopped, in words. */
  String expected() {
    return switch (state) {
      case BAD -> expected;
      case ESCAPE -> "an escape character";
      case HEX -> "a hexadecimal digit";
      default -> pending > 0 ? CONTINUATION : "the string's closing '\"'";
    };
  }

  /** The decoded string; meaningful when it is closed and was begun with a limit. */
  DecodedText text() {
    return text;
  }

  private int characters(byte[] bytes, int from, int to) {
    int i = from;
    while (i < to && state == State.CHARACTERS) {
      if (pending == 0) {
        i = decoding ? skipPlain(bytes, i, to) : skipText(bytes, i, to);
      }
      if (i < to) {
        byte b = bytes[i];
        if (b < 0 || pending > 0) {
          i = multiByte(bytes, i, to);
        } else {
          break;
        }
      }
    }
    if (decoding) {
      text.append(bytes, from, i);
    }
    return i < to && state == State.CHARACTERS ? special(bytes[i], i) : i;
  }

  /** A quote, a backslash or a control character. */
  private int special(byte b, int i) {
    if (b == '"') {
      state = State.CLOSED;
      if (decoding) {
        text.end();
      }
      return i + 1;
    }
    if (b == '\\') {
      state = State.ESCAPE;
      return i + 1;
    }
    return bad(i, "an escape in place of a control character");
  }

  private int escape(byte[] bytes, int i) {
    char unit =
        switch (bytes[i]) {
          case '"', '\\', '/' -> (char) bytes[i];
          case 'b' -> '\b';
          case 'f' -> '\f';
          case 'n' -> '\n';
          case 'r' -> '\r';
          case 't' -> '\t';
          default -> 0;
        };
    if (unit != 0) {
      return unit(unit, i);
    }
    if (bytes[i] != 'u') {
      return bad(i, "one of \"\\/bfnrtu after a backslash");
    }
    state = State.HEX;
    hexDigits = 0;
    hexValue = 0;
    return i + 1;
  }

  private int hex(byte[] bytes, int i) {
    int digit = bytes[i] < 0 ? -1 : Character.digit(bytes[i], 16);
    if (digit < 0) {
      return bad(i, "a hexadecimal digit");
    }
    hexValue = hexValue << 4 | digit;
    return ++hexDigits < 4 ? i + 1 : unit((char) hexValue, i);
  }

  private int unit(char unit, int i) {
    state = State.CHARACTERS;
    if (decoding) {
      text.append(unit);
    }
    return i + 1;
  }

  private int bad(int i, String expected) {
    state = State.BAD;
    this.expected = expected;
    return i;
  }

  /** A run of non-ASCII characters, or the rest of one; table 3-7 of the Unicode standard. */
  private int multiByte(byte[] bytes, int from, int to) {
    int i = from;
    int left = pending;
    for (; i < to && bytes[i] < 0; i++) {
      int b = bytes[i] & 0xFF;
      if (left == 0) {
        left = continuations(b);
        if (left == 0) {
          return bad(i, "UTF-8");
        }
        lowest = b == 0xE0 ? 0xA0 : b == 0xF0 ? 0x90 : 0x80;
        highest = b == 0xED ? 0x9F : b == 0xF4 ? 0x8F : 0xBF;
      } else {
        if (b < lowest || b > highest) {
          return bad(i, CONTINUATION);
        }
        lowest = 0x80;
        highest = 0xBF;
        left--;
      }
    }
    pending = left;
    return i < to && left > 0 ? bad(i, CONTINUATION) : i;
  }

  /** How many bytes follow this lead byte; 0 when it cannot lead. */
  private static int continuations(int lead) {
    if (lead < 0xC2 || lead > 0xF4) {
      return 0;
    }
    return lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  }

  /**
   * The same over escapes of two characters, which prompts are full of, as long as they are whole.
   */
  private static int skipText(byte[] bytes, int from, int to) {
    int i = skipPlain(bytes, from, to);
    while (i < to - 1 && bytes[i] == '\\' && isSimpleEscape(bytes[i + 1])) {
      i = skipPlain(bytes, i + 2, to);
    }
    return i;
  }

  private static boolean isSimpleEscape(byte b) {
    return b > 0 && SIMPLE_ESCAPES[b];
  }

  /** The index of the first byte that is not plain ASCII text, eight bytes at a time. */
  private static int skipPlain(byte[] bytes, int from, int to) {
    int i = from;
    for (; i <= to - 16; i += 16) {
      long low = notPlain((long) LONG.get(bytes, i));
      long high = notPlain((long) LONG.get(bytes, i + 8));
      if ((low | high) != 0) {
        return low != 0
            ? i + (Long.numberOfTrailingZeros(low) >>> 3)
            : i + 8 + (Long.numberOfTrailingZeros(high) >>> 3);
      }
    }
    for (; i <= to - 8; i += 8) {
      long hit = notPlain((long) LONG.get(bytes, i));
      if (hit != 0) {
        return i + (Long.numberOfTrailingZeros(hit) >>> 3);
      }
    }
    while (i < to && bytes[i] >= 0x20 && bytes[i] != '"' && bytes[i] != '\\') {
      i++;
    }
    return i;
  }

  /**
   * The high bit of each byte that is a quote, a backslash, a control character or not ASCII. Exact
   * in the lowest such byte; a carry out of a byte that is not ASCII can only blur those above it.
   *
   * <p>Of an ASCII byte the sum with 0x80 - n has its high bit exactly when the byte is n or more.
   * To flip 0x02 puts the quote, 0x22, right behind the control characters, so that one sum finds
   * both.
   */
  private static long notPlain(long word) {
    long aboveQuote = (word ^ 0x02 * EACH) + (0x80 - 0x21) * EACH;
    long notBackslash = (word ^ '\\' * EACH) + (0x80 - 1) * EACH;
    return ~(aboveQuote & notBackslash & ~word) & HIGH_BITS;
  }
}
