package dev.loragateway.adapters;

/** Text of others in our own messages. Stateless. */
public final class Printable {
  private static final int LONGEST = 200;

  private Printable() {}

  /** The text in one line, of bounded length. */
  public static String of(String text) {
    return of(text, LONGEST);
  }

  /** The text in one line of at most so many characters. */
  static String of(String text, int longest) {
    StringBuilder line = new StringBuilder();
    text.codePoints()
        .limit(longest)
        .forEach(c -> line.appendCodePoint(c < 0x20 || (c >= 0x7f && c < 0xa0) ? '?' : c));
    return text.length() > longest ? line + "..." : line.toString();
  }
}
