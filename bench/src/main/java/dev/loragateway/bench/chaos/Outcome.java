package dev.loragateway.bench.chaos;

/** How a request ended, as its client sees it. */
enum Outcome {
  /** A whole answer. */
  SUCCESS("whole answers", true),
  /** A whole error, instead of an answer. */
  ERROR("errors before the first byte", true),
  /** A stream that ended with an error event, and without its proper end. */
  ERROR_EVENT("streams ended by an error event", true),
  /** The client itself left in the middle. */
  LEFT("clients that left", true),
  /** Cut off without a word; the client can tell by the framing alone. */
  CUT("cut off without a word", false),
  /** Ended properly, as if it were whole, but is not. */
  TRUNCATED("silently truncated", false),
  /** Nothing came for too long. */
  HUNG("hung", false),
  /** No connection, or bytes that are no answer. */
  GARBLED("no answer at all", false);

  private final String text;
  private final boolean honest;

  Outcome(String text, boolean honest) {
    this.text = text;
    this.honest = honest;
  }

  String text() {
    return text;
  }

  /** Whether a request may end so. */
  boolean honest() {
    return honest;
  }
}
