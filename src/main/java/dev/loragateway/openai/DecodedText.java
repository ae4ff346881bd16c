package dev.loragateway.openai;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The decoded bytes of one JSON string as UTF-8, up to a limit; a longer string is an overflow, of
 * which no more is stored. Reused from string to string. Confined to one event loop.
 */
final class DecodedText {
  private byte[] bytes = new byte[64];
  private int length;
  private int limit;
  private boolean overflown;
  private boolean unpaired;
  private char high;

  /** Forgets the last string; {@code limit} is in decoded bytes. */
  void begin(int limit) {
    this.limit = limit;
    length = 0;
    overflown = false;
    unpaired = false;
    high = 0;
  }

  /** Appends bytes that are known to be valid UTF-8. */
  void append(byte[] source, int from, int to) {
    if (from == to) {
      return;
    }
    end();
    int count = to - from;
    if (overflown || count > limit - length) {
      overflown = true;
      return;
    }
    if (count > bytes.length - length) {
      bytes = Arrays.copyOf(bytes, Math.max(length + count, Math.min(limit, 4 * bytes.length)));
    }
    System.arraycopy(source, from, bytes, length, count);
    length += count;
  }

  /** Appends the UTF-16 code unit of an escape; two of them may make one character. */
  void append(char unit) {
    if (high != 0 && Character.isLowSurrogate(unit)) {
      int character = Character.toCodePoint(high, unit);
      high = 0;
      encode(character);
      return;
    }
    end();
    if (Character.isHighSurrogate(unit)) {
      high = unit;
    } else if (Character.isLowSurrogate(unit)) {
      unpaired = true;
    } else {
      encode(unit);
    }
  }

  /** The string is over: a high surrogate that still waits for its low one has none. */
  void end() {
    unpaired |= high != 0;
    high = 0;
  }

  private void encode(int character) {
    if (!overflown) {
      byte[] encoded = Character.toString(character).getBytes(UTF_8);
      append(encoded, 0, encoded.length);
    }
  }

  boolean isEmpty() {
    return length == 0 && !overflown && !unpaired;
  }

  boolean isOverflown() {
    return overflown;
  }

  /** Whether a surrogate stands alone: JSON allows the escape, but no UTF-8 can hold it. */
  boolean isUnpaired() {
    return unpaired;
  }

  /** Whether it is exactly this text; the text is ASCII. */
  boolean is(String ascii) {
    if (overflown || unpaired || length != ascii.length()) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (bytes[i] != ascii.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** The index of the first control character (below 0x20, or 0x7f), or -1. */
  int indexOfControl() {
    for (int i = 0; i < length; i++) {
      if ((bytes[i] >= 0 && bytes[i] < 0x20) || bytes[i] == 0x7F) {
        return i;
      }
    }
    return -1;
  }

  /** The text, or null when it went over the limit or holds an unpaired surrogate. */
  @Nullable String text() {
    return overflown || unpaired ? null : new String(bytes, 0, length, UTF_8);
  }
}
