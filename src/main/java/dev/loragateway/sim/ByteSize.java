package dev.loragateway.sim;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads sizes such as {@code 100MB} (millions) and {@code 8MiB} (powers of two). Immutable. */
final class ByteSize {
  /** The text is no size of at least one byte. */
  static final long INVALID = -1;

  private static final Pattern SIZE =
      Pattern.compile("(\\d{1,9}(?:\\.\\d{1,3})?) ?([kmgt]?i?b|)", Pattern.CASE_INSENSITIVE);
  private static final Map<String, Long> UNITS =
      Map.of(
          "",
          1L,
          "b",
          1L,
          "kb",
          1_000L,
          "mb",
          1_000_000L,
          "gb",
          1_000_000_000L,
          "tb",
          1_000_000_000_000L,
          "kib",
          1L << 10,
          "mib",
          1L << 20,
          "gib",
          1L << 30,
          "tib",
          1L << 40);

  private ByteSize() {}

  static long parse(String text) {
    Matcher matcher = SIZE.matcher(text.strip());
    if (!matcher.matches()) {
      return INVALID;
    }
    Long unit = UNITS.get(matcher.group(2).toLowerCase(Locale.ROOT));
    if (unit == null) {
      return INVALID;
    }
    long bytes = Math.round(Double.parseDouble(matcher.group(1)) * unit);
    return bytes < 1 ? INVALID : bytes;
  }
}
