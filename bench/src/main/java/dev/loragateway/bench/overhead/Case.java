package dev.loragateway.bench.overhead;

import java.util.Arrays;
import java.util.List;

/** What is sent. Immutable. */
enum Case {
  CHAT_1K("chat-1k", 1 << 10, false, "1 KB chat request, 0.7 KB answer"),
  CHAT_24K("chat-24k", 24 << 10, false, "24 KB chat request, 0.7 KB answer"),
  CHAT_300K("chat-300k", 300 << 10, false, "300 KB chat request, 0.7 KB answer"),
  SSE("sse", 1 << 10, true, "1 KB chat request, answer of 64 events, each written on its own"),
  STREAMS("streams", 1 << 10, true, "paced streams, an event every 20 ms for 5 s");

  /** Events of an unpaced stream. */
  static final int EVENTS = 64;

  private final String label;
  private final int bytes;
  private final boolean stream;
  private final String what;

  Case(String label, int bytes, boolean stream, String what) {
    this.label = label;
    this.bytes = bytes;
    this.stream = stream;
    this.what = what;
  }

  static Case of(String label) {
    return Arrays.stream(values())
        .filter(c -> c.label.equals(label))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("no case " + label + "; known: " + labels()));
  }

  static List<String> labels() {
    return Arrays.stream(values()).map(Case::label).toList();
  }

  String label() {
    return label;
  }

  /** Size of a request's body. */
  int bytes() {
    return bytes;
  }

  /** Whether the answer is a stream of events. */
  boolean stream() {
    return stream;
  }

  /** What it is, in a line. */
  String what() {
    return what;
  }
}
