package dev.loragateway.scrape;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads a page in the Prometheus text format (0.0.4) or OpenMetrics in one pass over its bytes. Any
 * bytes are accepted: a line that cannot be read is skipped and counted. Of names that nobody wants
 * only the name is looked at. What follows a value (timestamp, exemplar) is not read. Confined to
 * the thread that parses.
 */
public final class PrometheusParser {
  private static final VarHandle EIGHT_BYTES =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long LOWEST_BITS = 0x0101010101010101L;
  private static final long HIGHEST_BITS = 0x8080808080808080L;
  private static final long NEWLINES = '\n' * LOWEST_BITS;
  private static final boolean[] NAME_BYTES = new boolean[Byte.MAX_VALUE + 1];

  static {
    for (char c = 0; c < NAME_BYTES.length; c++) {
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      NAME_BYTES[c] = letter || (c >= '0' && c <= '9') || c == '_' || c == ':';
    }
  }

  private final byte[] page;
  private final int pageEnd;
  private final SampleVisitor visitor;
  private final Labels labels = new Labels();

  private int position;
  private int lineEnd;
  private int malformed;
  private double value;

  private @Nullable String name;
  private int nameFrom;
  private int nameTo;

  private PrometheusParser(byte[] page, int length, SampleVisitor visitor) {
    this.page = page;
    this.pageEnd = Math.min(length, page.length);
    this.visitor = visitor;
  }

  /**
   * Shows every wanted sample of the page to the visitor, in the page's order.
   *
   * @param page the page, UTF-8
   * @param length number of bytes of {@code page} that belong to the page
   * @return number of lines that could not be read
   */
  public static int parse(byte[] page, int length, SampleVisitor visitor) {
    return new PrometheusParser(page, length, visitor).parse();
  }

  private int parse() {
    int from = 0;
    while (from < pageEnd) {
      int newline = newline(from);
      position = from;
      lineEnd = newline > from && page[newline - 1] == '\r' ? newline - 1 : newline;
      if (!readLine()) {
        malformed++;
      }
      from = newline + 1;
    }
    return malformed;
  }

  /** Returns false if the line is neither empty, nor a comment, nor a sample. */
  private boolean readLine() {
    skipBlanks();
    if (position >= lineEnd || page[position] == '#') {
      return true;
    }
    if (!readName()) {
      return false;
    }
    return name == null || readSample(name);
  }

  /**
   * A page lists the samples of one name one after the other, so it is mostly the one that was read
   * last.
   */
  private boolean readName() {
    int from = position;
    int end = from + nameTo - nameFrom;
    if (end < lineEnd
        && !isNameByte(page[end])
        && Arrays.equals(page, nameFrom, nameTo, page, from, end)) {
      position = end;
      return nameTo > nameFrom;
    }
    while (position < lineEnd && isNameByte(page[position])) {
      position++;
    }
    if (position == from || isDigit(page[from])) {
      return false;
    }
    nameFrom = from;
    nameTo = position;
    name = visitor.wanted(page, from, position);
    return true;
  }

  private boolean readSample(String wanted) {
    labels.clear();
    int afterName = position;
    skipBlanks();
    if (at('{')) {
      position++;
      if (!readLabels()) {
        return false;
      }
    } else if (position == afterName) {
      return false;
    }
    skipBlanks();
    if (!readValue()) {
      return false;
    }
    visitor.sample(wanted, labels, value);
    return true;
  }

  /** Reads up to and including the closing brace. */
  private boolean readLabels() {
    skipBlanks();
    while (!at('}')) {
      if (!readLabel()) {
        return false;
      }
      skipBlanks();
      if (at(',')) {
        position++;
        skipBlanks();
      } else if (!at('}')) {
        return false;
      }
    }
    position++;
    return true;
  }

  private boolean readLabel() {
    int from = position;
    while (position < lineEnd && isNameByte(page[position])) {
      position++;
    }
    int to = position;
    skipBlanks();
    if (from == to || !at('=')) {
      return false;
    }
    position++;
    skipBlanks();
    if (!at('"')) {
      return false;
    }
    int open = ++position;
    boolean escaped = skipQuoted();
    if (!at('"')) {
      return false;
    }
    String text =
        escaped ? unescape(open, position) : new String(page, open, position - open, UTF_8);
    labels.add(new String(page, from, to - from, ISO_8859_1), text);
    position++;
    return true;
  }

  /** Goes to the closing quote, or to the line's end; returns whether a backslash was passed. */
  private boolean skipQuoted() {
    boolean escaped = false;
    while (position < lineEnd && page[position] != '"') {
      if (page[position] == '\\') {
        escaped = true;
        position++;
      }
      position++;
    }
    return escaped;
  }

  /** An escape that the format does not know stands for itself. */
  private String unescape(int from, int to) {
    byte[] text = new byte[to - from];
    int length = 0;
    for (int i = from; i < to; i++) {
      byte next = page[i];
      if (next == '\\' && i + 1 < to) {
        byte escape = page[i + 1];
        if (escape == 'n' || escape == '"' || escape == '\\') {
          next = escape == 'n' ? (byte) '\n' : escape;
          i++;
        }
      }
      text[length++] = next;
    }
    return new String(text, 0, length, UTF_8);
  }

  private boolean readValue() {
    int from = position;
    boolean decimal = true;
    while (position < lineEnd && !isBlank(page[position])) {
      decimal &= isDecimalByte(page[position++]);
    }
    String token = new String(page, from, position - from, ISO_8859_1);
    if (!decimal) {
      return readNamedValue(token);
    }
    try {
      value = Double.parseDouble(token);
      return true;
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private boolean readNamedValue(String token) {
    switch (token) {
      case "+Inf", "Inf", "inf", "+inf" -> value = Double.POSITIVE_INFINITY;
      case "-Inf", "-inf" -> value = Double.NEGATIVE_INFINITY;
      case "NaN", "nan", "Nan" -> value = Double.NaN;
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean at(char expected) {
    return position < lineEnd && page[position] == expected;
  }

  private void skipBlanks() {
    while (position < lineEnd && isBlank(page[position])) {
      position++;
    }
  }

  /** Where the line ends, eight bytes at a time: a byte is zero where the newline was. */
  private int newline(int from) {
    int i = from;
    for (; i <= pageEnd - Long.BYTES; i += Long.BYTES) {
      long differing = (long) EIGHT_BYTES.get(page, i) ^ NEWLINES;
      long zeroes = (differing - LOWEST_BITS) & ~differing & HIGHEST_BITS;
      if (zeroes != 0) {
        return i + Long.numberOfTrailingZeros(zeroes) / Byte.SIZE;
      }
    }
    while (i < pageEnd && page[i] != '\n') {
      i++;
    }
    return i;
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t';
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }

  private static boolean isNameByte(byte b) {
    return b >= 0 && NAME_BYTES[b];
  }

  private static boolean isDecimalByte(byte b) {
    return isDigit(b) || b == '.' || b == '-' || b == '+' || b == 'e' || b == 'E';
  }
}
