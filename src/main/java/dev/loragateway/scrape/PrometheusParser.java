package dev.loragateway.scrape;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * Reads a page in the Prometheus text format (0.0.4) or OpenMetrics in one pass over its bytes. Any
 * bytes are accepted: a line that cannot be read is skipped and counted. Of names that nobody wants
 * only the name is looked at. What follows a value (timestamp, exemplar) is not read. Confined to
 * the thread that parses.
 */
public final class PrometheusParser {
  private final byte[] page;
  private final int pageEnd;
  private final SampleVisitor visitor;
  private final Labels labels = new Labels();

  private int position;
  private int lineEnd;
  private int malformed;
  private double value;

  private String name = "";
  private int nameFrom;
  private int nameTo;
  private boolean wanted;

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
      int newline = indexOf((byte) '\n', from, pageEnd);
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
    int from = position;
    while (position < lineEnd && isNameByte(page[position])) {
      position++;
    }
    if (position == from || isDigit(page[from])) {
      return false;
    }
    return !isWanted(from, position) || readSample();
  }

  /** A page lists the samples of one name one after the other, so the last answer mostly holds. */
  private boolean isWanted(int from, int to) {
    if (!Arrays.equals(page, nameFrom, nameTo, page, from, to)) {
      name = new String(page, from, to - from, ISO_8859_1);
      nameFrom = from;
      nameTo = to;
      wanted = visitor.wants(name);
    }
    return wanted;
  }

  private boolean readSample() {
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
    visitor.sample(name, labels, value);
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

  private int indexOf(byte wantedByte, int from, int to) {
    int i = from;
    while (i < to && page[i] != wantedByte) {
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
    return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || isDigit(b) || b == '_' || b == ':';
  }

  private static boolean isDecimalByte(byte b) {
    return isDigit(b) || b == '.' || b == '-' || b == '+' || b == 'e' || b == 'E';
  }
}
