package dev.loragateway.runtime;

/** Text of others in our own messages. Stateless. */
final class Printable {
  private static final int LONGEST = 200;

  private Printable() {}

  /** The text in one line, of bounded length. */
  static String of(String text) {
    StringBuilder line = new StringBuilder();
    text.codePoints()
        .limit(LONGEST)
        .forEach(c -> line.appendCodePoint(c < 0x20 || (c >= 0x7f && c < 0xa0) ? '?' : c));
    return text.length() > LONGEST ? line + "..." : line.toString();
  }
}
