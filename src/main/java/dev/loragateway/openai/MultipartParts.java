package dev.loragateway.openai;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Walks over the parts of a whole multipart body, in place. Strict where servers' parsers differ:
 * no preamble, CRLF only, no folded or repeated part headers, the delimiter nowhere but between
 * parts. At most {@value #MAX_PARTS} parts, each with {@value #MAX_HEADERS} bytes of headers.
 * Confined to one event loop.
 */
final class MultipartParts {
  static final int MAX_PARTS = 128;
  static final int MAX_HEADERS = 8192;

  private static final byte[] CRLF = {'\r', '\n'};
  private static final byte[] END = {'-', '-'};
  private static final byte[] BLANK_LINE = {'\r', '\n', '\r', '\n'};

  private final ByteBuf body;
  private final int end;
  private final byte[] delimiter;
  private Map<String, String> headers = Map.of();
  private int at;
  private int parts;
  private int contentStart;
  private int contentEnd;
  private @Nullable String complaint;

  MultipartParts(ByteBuf body, String boundary) {
    this.body = body;
    at = body.readerIndex();
    end = body.writerIndex();
    delimiter = ("\r\n--" + boundary).getBytes(ISO_8859_1);
  }

  /** Goes to the next part; false at the end, or when the body is malformed. */
  boolean next() {
    if (parts == 0) {
      at -= CRLF.length;
      if (!matches(delimiter, CRLF.length, at + CRLF.length)) {
        return complain("no delimiter", "the boundary at the start");
      }
    }
    at += delimiter.length;
    if (matches(END, 0, at)) {
      return ended();
    }
    if (!matches(CRLF, 0, at)) {
      return complain("the delimiter goes on", "a line break or '--' after the boundary");
    }
    if (++parts > MAX_PARTS) {
      return complain("a further part", "at most " + MAX_PARTS + " parts");
    }
    return headers() && content();
  }

  /** What is wrong with the body, where, and what was expected; null when nothing is. */
  @Nullable String complaint() {
    return complaint;
  }

  /** A header of the current part, its name in lower case; null when the part has none. */
  @Nullable String header(String name) {
    return headers.get(name);
  }

  int contentStart() {
    return contentStart;
  }

  int contentLength() {
    return contentEnd - contentStart;
  }

  private boolean ended() {
    at += END.length;
    if (parts == 0) {
      return complain("the end", "at least one part");
    }
    boolean clean = at == end || (matches(CRLF, 0, at) && at + CRLF.length == end);
    return !clean && complain("text", "nothing after the last boundary");
  }

  /** The header lines; {@code at} is the line break before them. */
  private boolean headers() {
    int limit = Math.min(end, at + CRLF.length + MAX_HEADERS);
    int blank = find(BLANK_LINE, at, limit);
    if (blank < 0) {
      return complain("unfinished headers", "a blank line within " + MAX_HEADERS + " bytes");
    }
    headers = new HashMap<>();
    while (at < blank) {
      int line = at + CRLF.length;
      int lineEnd = find(CRLF, line, blank + CRLF.length);
      if (!addHeader(body.toString(line, lineEnd - line, ISO_8859_1))) {
        return complain("a bad header", "'name: value', each name once");
      }
      at = lineEnd;
    }
    contentStart = blank + BLANK_LINE.length;
    return true;
  }

  private boolean addHeader(String line) {
    int colon = line.indexOf(':');
    if (colon <= 0 || line.chars().anyMatch(c -> (c < ' ' && c != '\t') || c == 0x7F)) {
      return false;
    }
    String name = line.substring(0, colon).toLowerCase(Locale.ROOT);
    boolean token = name.chars().allMatch(c -> c > ' ' && c < 0x7F);
    return token && headers.putIfAbsent(name, line.substring(colon + 1).strip()) == null;
  }

  private boolean content() {
    contentEnd = find(delimiter, contentStart, end);
    if (contentEnd < 0) {
      at = end;
      return complain("the body ends", "the boundary after the last part");
    }
    at = contentEnd;
    return true;
  }

  private boolean complain(String found, String expected) {
    int offset = Math.max(0, Math.min(at, end) - body.readerIndex());
    complaint =
        "Invalid multipart body at byte " + offset + ": " + found + " (expected: " + expected + ")";
    return false;
  }

  /** Index of the needle within the range, or -1; its first byte occurs in it only at line ends. */
  private int find(byte[] needle, int from, int to) {
    int last = to - needle.length;
    for (int i = from; i <= last; i++) {
      i = body.indexOf(i, last + 1, needle[0]);
      if (i < 0) {
        return -1;
      }
      if (matches(needle, 1, i + 1)) {
        return i;
      }
    }
    return -1;
  }

  private boolean matches(byte[] needle, int from, int index) {
    if (index + needle.length - from > end) {
      return false;
    }
    for (int i = from; i < needle.length; i++) {
      if (body.getByte(index + i - from) != needle[i]) {
        return false;
      }
    }
    return true;
  }
}
