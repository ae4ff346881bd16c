package dev.loragateway.openai;

import static java.nio.charset.StandardCharsets.US_ASCII;

import org.jspecify.annotations.Nullable;

/**
 * A strict scanner of one JSON object (RFC 8259) that arrives in pieces: one pass, no tree, nothing
 * allocated per value. Refuses what the grammar refuses, invalid UTF-8, a byte order mark, nesting
 * deeper than {@value #MAX_DEPTH} and anything but white space around the object. Tells a listener
 * of the two outer levels. Confined to one event loop.
 */
final class JsonScanner {
  /** Nesting that is still accepted, the outer object included. */
  static final int MAX_DEPTH = 256;

  /** The largest natural number that is told from larger ones. */
  static final long MAX_NATURAL = 1_000_000_000_000L;

  /** Values deeper than this are checked only. */
  private static final int LISTENED_DEPTH = 2;

  /** Longest member name that a listener can tell from others, in bytes. */
  private static final int NAME_LIMIT = 32;

  private static final byte[] TRUE = "true".getBytes(US_ASCII);
  private static final byte[] FALSE = "false".getBytes(US_ASCII);
  private static final byte[] NULL = "null".getBytes(US_ASCII);

  /** Hears of the outer object's members and of their elements, in order. */
  interface Listener {
    /** The name of a member of the outer object. */
    void name(DecodedText name);

    /**
     * A value begins.
     *
     * @param depth 1 for the outer object's members, 2 for their members or elements
     * @param offset of the value's first byte
     * @param first the value's first byte
     * @return how many decoded bytes to keep when it is a string; 0 = none
     */
    int begun(int depth, long offset, byte first);

    /**
     * A value is over. Only here and in {@link #name} may a listener {@link #stop}.
     *
     * @param end offset behind the value's last byte
     * @param text the decoded string if {@link #begun} asked for it, else undefined
     */
    void ended(int depth, long end, DecodedText text);
  }

  private enum State {
    OBJECT("'{': the body must be a JSON object"),
    VALUE("a value"),
    VALUE_OR_END("a value or ']'"),
    NAME("a member name in quotes"),
    NAME_OR_END("a member name in quotes or '}'"),
    COLON("':'"),
    COMMA_OR_END("',' or the container's end"),
    STRING("the rest of a string"),
    NUMBER("the rest of a number"),
    LITERAL("true, false or null"),
    DONE("nothing but white space after the object"),
    BAD("");

    private final String expected;

    State(String expected) {
      this.expected = expected;
    }
  }

  private final Listener listener;
  private final JsonString string = new JsonString();
  private final long[] objects = new long[MAX_DEPTH / Long.SIZE];
  private State state = State.OBJECT;
  private boolean inName;
  private int depth;
  private int number;
  private long natural;
  private byte[] literal = NULL;
  private int literalAt;
  private long consumed;
  private long origin;
  private @Nullable String complaint;

  JsonScanner(Listener listener) {
    this.listener = listener;
  }

  /** Starts over with another document. */
  void begin() {
    state = State.OBJECT;
    depth = 0;
    consumed = 0;
    complaint = null;
  }

  /** Goes on with the next bytes; false once the document is refused or the scan stopped. */
  boolean scan(byte[] bytes, int from, int to) {
    origin = consumed - from;
    int i = from;
    while (i < to && state != State.BAD) {
      i =
          switch (state) {
            case STRING -> string(bytes, i, to);
            case NUMBER -> number(bytes, i, to);
            case LITERAL -> inLiteral(bytes[i], i);
            default -> between(bytes[i], i);
          };
    }
    consumed += to - from;
    return state != State.BAD;
  }

  /** The document is over; false when it is refused, was stopped or is incomplete. */
  boolean finish() {
    if (state != State.DONE && state != State.BAD) {
      String next = state == State.STRING ? string.expected() : state.expected;
      complain(consumed, "the body ends", next);
    }
    return state == State.DONE;
  }

  /** Ends the scan from within a listener: the document is of no further use. */
  void stop() {
    state = State.BAD;
  }

  /** The number with one more of its bytes; negative, for good, when it is no natural one. */
  private static long natural(long before, byte b) {
    boolean digit = b >= '0' && b <= '9';
    return before < 0 || !digit ? -1 : Math.min(10 * before + (b - '0'), MAX_NATURAL);
  }

  /**
   * The number that just ended, when it was written as a natural one, at most {@link #MAX_NATURAL};
   * else below 0.
   */
  long natural() {
    return natural;
  }

  /** Offset of the byte that {@link #scan} takes next. */
  long offset() {
    return consumed;
  }

  /** What is wrong with the document, where, and what was expected; null when nothing is. */
  @Nullable String complaint() {
    return complaint;
  }

  private int between(byte b, int i) {
    if (b == ' ' || b == '\n' || b == '\r' || b == '\t') {
      return i + 1;
    }
    return switch (state) {
      case OBJECT -> b == '{' ? open(true, i) : bad(b, i);
      case VALUE -> value(b, i);
      case VALUE_OR_END -> b == ']' ? close(i) : value(b, i);
      case NAME -> name(b, i);
      case NAME_OR_END -> b == '}' ? close(i) : name(b, i);
      case COLON -> b == ':' ? next(State.VALUE, i) : bad(b, i);
      case COMMA_OR_END -> commaOrEnd(b, i);
      default -> bad(b, i);
    };
  }

  private int next(State next, int i) {
    state = next;
    return i + 1;
  }

  private int name(byte b, int i) {
    if (b != '"') {
      return bad(b, i);
    }
    inName = true;
    string.begin(depth == 1 ? NAME_LIMIT : 0);
    return next(State.STRING, i);
  }

  private int value(byte b, int i) {
    int keep = depth <= LISTENED_DEPTH ? listener.begun(depth, origin + i, b) : 0;
    return switch (b) {
      case '{' -> open(true, i);
      case '[' -> open(false, i);
      case '"' -> {
        inName = false;
        string.begin(keep);
        yield next(State.STRING, i);
      }
      case 't' -> literal(TRUE, i);
      case 'f' -> literal(FALSE, i);
      case 'n' -> literal(NULL, i);
      default -> {
        number = JsonNumber.first(b);
        natural = natural(0, b);
        yield number == JsonNumber.REFUSED ? bad(b, i) : next(State.NUMBER, i);
      }
    };
  }

  private int open(boolean object, int i) {
    if (depth == MAX_DEPTH) {
      complain(origin + i, "a further level", "at most " + MAX_DEPTH + " levels of nesting");
      return i;
    }
    long bit = 1L << depth;
    int word = depth / Long.SIZE;
    objects[word] = object ? objects[word] | bit : objects[word] & ~bit;
    depth++;
    return next(object ? State.NAME_OR_END : State.VALUE_OR_END, i);
  }

  private int close(int i) {
    depth--;
    ended(i + 1);
    return i + 1;
  }

  private boolean inObject() {
    return (objects[(depth - 1) / Long.SIZE] >>> (depth - 1) & 1) != 0;
  }

  private int commaOrEnd(byte b, int i) {
    boolean object = inObject();
    if (b == ',') {
      return next(object ? State.NAME : State.VALUE, i);
    }
    if (b == (object ? '}' : ']')) {
      return close(i);
    }
    complain(origin + i, found(b), object ? "',' or '}'" : "',' or ']'");
    return i;
  }

  private void ended(int end) {
    state = depth == 0 ? State.DONE : State.COMMA_OR_END;
    if (depth > 0 && depth <= LISTENED_DEPTH) {
      listener.ended(depth, origin + end, string.text());
    }
  }

  private int string(byte[] bytes, int from, int to) {
    int i = string.scan(bytes, from, to);
    if (string.isClosed()) {
      if (inName) {
        nameEnded();
      } else {
        ended(i);
      }
    } else if (string.isBad()) {
      complain(origin + i, found(bytes[i]), string.expected());
    }
    return i;
  }

  private void nameEnded() {
    state = State.COLON;
    if (depth == 1) {
      listener.name(string.text());
    }
  }

  private int number(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      int next = JsonNumber.next(number, bytes[i]);
      if (next == JsonNumber.REFUSED) {
        if (!JsonNumber.isComplete(number)) {
          complain(origin + i, found(bytes[i]), "a digit");
          return i;
        }
        ended(i);
        return i;
      }
      number = next;
      natural = natural(natural, bytes[i]);
    }
    return to;
  }

  private int literal(byte[] text, int i) {
    literal = text;
    literalAt = 1;
    return next(State.LITERAL, i);
  }

  private int inLiteral(byte b, int i) {
    if (b != literal[literalAt]) {
      return bad(b, i);
    }
    if (++literalAt == literal.length) {
      ended(i + 1);
    }
    return i + 1;
  }

  private int bad(byte b, int i) {
    complain(origin + i, found(b), state.expected);
    return i;
  }

  private void complain(long offset, String found, String expected) {
    complaint = "Invalid JSON at byte " + offset + ": " + found + " (expected: " + expected + ")";
    state = State.BAD;
  }

  private static String found(byte b) {
    return b > ' ' && b < 0x7F ? "'" + (char) b + "'" : String.format("0x%02x", b);
  }
}
