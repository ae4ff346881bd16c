package dev.loragateway.server;

import java.util.List;

/**
 * Frames of HTTP/2 as they stand on the wire, right or wrong (RFC 9113, section 4.1); each char is
 * one byte. Headers are written without compression (RFC 7541, section 6.2.2). Stateless.
 */
final class Frames {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int PRIORITY = 2;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;

  static final int END_STREAM = 1;
  static final int ACK = 1;
  static final int END_HEADERS = 4;

  static final int NO_ERROR = 0;
  static final int PROTOCOL_ERROR = 1;
  static final int FLOW_CONTROL_ERROR = 3;
  static final int FRAME_SIZE_ERROR = 6;
  static final int REFUSED_STREAM = 7;
  static final int CANCEL = 8;
  static final int ENHANCE_YOUR_CALM = 11;

  static final int INITIAL_WINDOW_SIZE = 4;

  static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  private Frames() {}

  static String frame(int type, int flags, int stream, String payload) {
    int length = payload.length();
    return ""
        + octet(length >> 16)
        + octet(length >> 8)
        + octet(length)
        + octet(type)
        + octet(flags)
        + int32(stream)
        + payload;
  }

  static String int32(int number) {
    return "" + octet(number >> 24) + octet(number >> 16) + octet(number >> 8) + octet(number);
  }

  private static char octet(int number) {
    return (char) (number & 0xff);
  }

  static String settings() {
    return frame(SETTINGS, 0, 0, "");
  }

  static String settings(int name, int value) {
    return frame(SETTINGS, 0, 0, "" + octet(name >> 8) + octet(name) + int32(value));
  }

  static String ping(String eightBytes) {
    return frame(PING, 0, 0, eightBytes);
  }

  static String reset(int stream) {
    return frame(RST_STREAM, 0, stream, int32(CANCEL));
  }

  static String window(int stream, int more) {
    return frame(WINDOW_UPDATE, 0, stream, int32(more));
  }

  /** Makes a stream depend on another one, or on itself. */
  static String priority(int stream, int on) {
    return frame(PRIORITY, 0, stream, int32(on) + "\0");
  }

  static String data(int stream, String bytes) {
    return frame(DATA, 0, stream, bytes);
  }

  static String lastData(int stream, String bytes) {
    return frame(DATA, END_STREAM, stream, bytes);
  }

  /** A whole block of headers that ends nothing. */
  static String headers(int stream, String block) {
    return frame(HEADERS, END_HEADERS, stream, block);
  }

  /** A whole block of headers that ends its stream. */
  static String lastHeaders(int stream, String block) {
    return frame(HEADERS, END_HEADERS | END_STREAM, stream, block);
  }

  /** A POST of JSON. */
  static String post(int stream, String body) {
    return headers(stream, postHead()) + lastData(stream, body);
  }

  static String postHead() {
    return block(
        ":method", "POST",
        ":scheme", "http",
        ":authority", "gateway",
        ":path", "/v1/chat/completions",
        "content-type", "application/json");
  }

  static String get(int stream, String path) {
    return lastHeaders(
        stream, block(":method", "GET", ":scheme", "http", ":authority", "gateway", ":path", path));
  }

  /** Names and values in turn. */
  static String block(String... namesAndValues) {
    return block(List.of(namesAndValues));
  }

  static String block(List<String> namesAndValues) {
    StringBuilder block = new StringBuilder();
    for (int i = 0; i < namesAndValues.size(); i += 2) {
      block
          .append('\0')
          .append(text(namesAndValues.get(i)))
          .append(text(namesAndValues.get(i + 1)));
    }
    return block.toString();
  }

  /** A header that the decoder keeps in its table. */
  static String indexed(String name, String value) {
    return "@" + text(name) + text(value);
  }

  private static String text(String bytes) {
    return number(bytes.length()) + bytes;
  }

  /** With a prefix of 7 bits (RFC 7541, section 5.1). */
  private static String number(int number) {
    if (number < 0x7f) {
      return "" + octet(number);
    }
    StringBuilder bytes = new StringBuilder().append((char) 0x7f);
    int rest = number - 0x7f;
    for (; rest >= 0x80; rest >>= 7) {
      bytes.append(octet(rest | 0x80));
    }
    return bytes.append(octet(rest)).toString();
  }
}
