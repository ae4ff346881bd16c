package dev.loragateway.scrape;

import java.io.IOException;
import java.util.Locale;

/**
 * What the head of an answer says. Immutable.
 *
 * @param status 100 to 999
 * @param length of the body; -1 = not told
 * @param chunked whether the body comes in chunks
 * @param close whether the connection ends with the answer
 */
record ResponseHead(int status, long length, boolean chunked, boolean close) {
  private static final int MOST_FIELDS = 200;
  private static final int MOST_DIGITS = 18;
  private static final int STATUS = "HTTP/1.1 ".length();
  private static final int STATUS_END = STATUS + 3;

  /** Returns whether no body follows. */
  boolean empty() {
    return bodiless() || (length == 0 && !chunked);
  }

  /** Returns whether there is no body, whatever else is said. */
  private boolean bodiless() {
    return status == 204 || status == 304;
  }

  /** Returns whether another answer may follow on the connection. */
  boolean persistent() {
    return !close && (chunked || length >= 0 || bodiless());
  }

  static ResponseHead read(HttpInput in) throws IOException {
    String first = in.line();
    ResponseHead head = new ResponseHead(status(first), -1, false, first.startsWith("HTTP/1.0"));
    int fields = 0;
    for (String field = in.line(); !field.isEmpty(); field = in.line()) {
      if (++fields > MOST_FIELDS) {
        throw new IOException("more than " + MOST_FIELDS + " header fields");
      }
      head = head.with(field);
    }
    return head;
  }

  /** Reads the fields that may follow the last chunk. */
  static void skipTrailer(HttpInput in) throws IOException {
    int fields = 0;
    while (!in.line().isEmpty()) {
      if (++fields > MOST_FIELDS) {
        throw new IOException("more than " + MOST_FIELDS + " trailer fields");
      }
    }
  }

  private static int status(String line) throws IOException {
    if (line.startsWith("HTTP/1.") && line.length() >= STATUS_END) {
      int status = (int) number(line.substring(STATUS, STATUS_END));
      if (status >= 100) {
        return status;
      }
    }
    throw new IOException("not an HTTP answer: " + line);
  }

  private ResponseHead with(String field) throws IOException {
    int colon = field.indexOf(':');
    if (colon < 0) {
      return this;
    }
    String value = field.substring(colon + 1).strip();
    return switch (field.substring(0, colon).toLowerCase(Locale.ROOT)) {
      case "content-length" -> new ResponseHead(status, only(number(value)), chunked, close);
      case "transfer-encoding" -> new ResponseHead(status, length, endsChunked(value), close);
      case "connection" -> new ResponseHead(status, length, chunked, close || closes(value));
      default -> this;
    };
  }

  private long only(long told) throws IOException {
    if (length >= 0 && length != told) {
      throw new IOException("two lengths: " + length + " and " + told);
    }
    return told;
  }

  private static long number(String digits) throws IOException {
    boolean good = !digits.isEmpty() && digits.length() <= MOST_DIGITS;
    if (!good || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw new IOException("not a number: " + digits);
    }
    return Long.parseLong(digits);
  }

  private static boolean endsChunked(String codings) {
    return codings.toLowerCase(Locale.ROOT).endsWith("chunked");
  }

  private static boolean closes(String options) {
    return options.toLowerCase(Locale.ROOT).contains("close");
  }
}
