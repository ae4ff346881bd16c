package dev.loragateway.openai;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.loragateway.openai.SseUsage.Usage;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the token counts of one JSON object, by the names of the OpenAI and the Anthropic API,
 * without making anything but the result. Only the object's own members count, not those of objects
 * in it; of a repeated one the last. Stateless.
 */
final class UsageObject {
  private static final byte[][] INPUT = {ascii("prompt_tokens"), ascii("input_tokens")};
  private static final byte[][] OUTPUT = {ascii("completion_tokens"), ascii("output_tokens")};

  /** Digits that fit a long whatever they are. */
  private static final int MAX_DIGITS = 18;

  private UsageObject() {}

  private static byte[] ascii(String name) {
    return name.getBytes(US_ASCII);
  }

  /**
   * The object that begins at {@code from}; null when it is none, is cut off or tells no tokens.
   */
  static @Nullable Usage read(byte[] bytes, int from, int to) {
    long input = -1;
    long output = -1;
    int at = from < to && bytes[from] == '{' ? skipSpace(bytes, from + 1, to) : to;
    while (at < to && bytes[at] == '"') {
      int name = at + 1;
      int nameEnd = endOfString(bytes, name, to);
      int value = skipSpace(bytes, nameEnd + 1, to);
      if (value >= to || bytes[value] != ':') {
        return null;
      }
      value = skipSpace(bytes, value + 1, to);
      int end = endOfValue(bytes, value, to);
      if (is(INPUT, bytes, name, nameEnd)) {
        input = number(bytes, value, end, input);
      } else if (is(OUTPUT, bytes, name, nameEnd)) {
        output = number(bytes, value, end, output);
      }
      at = skipSpace(bytes, end, to);
      if (at < to && bytes[at] == ',') {
        at = skipSpace(bytes, at + 1, to);
      }
    }
    boolean complete = at < to && bytes[at] == '}';
    return complete && (input >= 0 || output >= 0) ? new Usage(input, Math.max(output, 0)) : null;
  }

  private static boolean is(byte[][] names, byte[] bytes, int from, int to) {
    for (byte[] name : names) {
      if (Arrays.equals(bytes, from, to, name, 0, name.length)) {
        return true;
      }
    }
    return false;
  }

  /** The value when it is a natural number; else {@code otherwise}. */
  private static long number(byte[] bytes, int from, int to, long otherwise) {
    if (from == to || to - from > MAX_DIGITS) {
      return otherwise;
    }
    long value = 0;
    for (int i = from; i < to; i++) {
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 9) {
        return otherwise;
      }
      value = value * 10 + digit;
    }
    return value;
  }

  /** The index of the closing quote, or {@code to}. */
  private static int endOfString(byte[] bytes, int from, int to) {
    int i = from;
    while (i < to && bytes[i] != '"') {
      i += bytes[i] == '\\' ? 2 : 1;
    }
    return Math.min(i, to);
  }

  /** The index behind a value, or {@code to}. */
  private static int endOfValue(byte[] bytes, int from, int to) {
    int depth = 0;
    for (int i = from; i < to; i++) {
      switch (bytes[i]) {
        case '"' -> i = endOfString(bytes, i + 1, to);
        case '{', '[' -> depth++;
        case '}', ']', ',', ' ', '\n', '\r', '\t' -> {
          if (depth == 0) {
            return i;
          }
          depth -= bytes[i] == '}' || bytes[i] == ']' ? 1 : 0;
        }
        default -> {}
      }
    }
    return to;
  }

  static int skipSpace(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to
        && (bytes[at] == ' ' || bytes[at] == '\n' || bytes[at] == '\r' || bytes[at] == '\t')) {
      at++;
    }
    return at;
  }
}
