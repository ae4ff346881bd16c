package dev.loragateway.config;

import java.time.Duration;
import java.util.List;
import java.util.function.LongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The formats of numbers, with and without a unit. Stateless. */
final class Quantities {
  private static final Pattern WHOLE = Pattern.compile("-?\\d{1,18}");
  private static final Pattern DECIMAL = Pattern.compile("-?\\d{1,9}(\\.\\d{1,9})?");
  private static final Pattern PERCENT = Pattern.compile("(\\d{1,18})%");
  private static final Pattern WITH_UNIT = Pattern.compile("(\\d{1,18})([A-Za-z]*)");

  /** A unit and how many of the smallest one it is. */
  private record Unit(String symbol, long size) {}

  private static final List<Unit> TIME =
      List.of(
          new Unit("h", 3_600_000), new Unit("m", 60_000), new Unit("s", 1_000), new Unit("ms", 1));
  private static final List<Unit> BYTES =
      List.of(
          new Unit("GiB", 1L << 30),
          new Unit("GB", 1_000_000_000),
          new Unit("MiB", 1L << 20),
          new Unit("MB", 1_000_000),
          new Unit("KiB", 1L << 10),
          new Unit("KB", 1_000),
          new Unit("B", 1));

  /** A share of something: above 0, up to 1. */
  static final Format<Double> FRACTION =
      new Format<>("a number above 0, up to 1, as 0.9", Quantities::fraction);

  private Quantities() {}

  /** A whole number within bounds. */
  static Format<Integer> integer(int min, int max) {
    return new Format<>(
        "a whole number from " + min + " to " + max,
        text ->
            WHOLE.matcher(text).matches()
                ? within(text, Long.parseLong(text), min, max, n -> (int) n)
                : Parsed.wrong(text, "is not a whole number"));
  }

  /** A whole percentage up to 100. */
  static Format<Integer> percentage(int min) {
    return new Format<>(
        "a whole percentage from " + min + "% to 100%, as 20%", text -> percentage(text, min));
  }

  /** A duration within bounds. */
  static Format<Duration> duration(Duration min, Duration max) {
    return durations("a duration from " + show(min) + " to " + show(max), min, max);
  }

  /** A duration, or 0 which switches off what the duration bounds. */
  static Format<Duration> durationOrOff(Duration max) {
    return durations("0 for off, or a duration up to " + show(max), Duration.ZERO, max);
  }

  /** A number of bytes within bounds. */
  static Format<Long> size(long min, long max) {
    return new Format<>(
        "a size from " + showSize(min) + " to " + showSize(max) + ", as 64KiB, 8MiB or 1GiB",
        text -> {
          long bytes = amount(WHOLE.matcher(text).matches() ? text + "B" : text, BYTES);
          return bytes < 0
              ? Parsed.wrong(text, "is not a size")
              : within(text, bytes, min, max, n -> n);
        });
  }

  /** The duration in the largest unit that shows it exactly. */
  static String show(Duration duration) {
    return show(duration.toMillis(), TIME);
  }

  /** The size in the largest unit that shows it exactly. */
  static String showSize(long bytes) {
    return show(bytes, BYTES);
  }

  private static Format<Duration> durations(String expected, Duration min, Duration max) {
    return new Format<>(
        expected + ", as 200ms, 2s, 10m or 1h",
        text -> {
          long millis = text.equals("0") ? 0 : amount(text, TIME);
          if (millis >= 0) {
            return within(text, millis, min.toMillis(), max.toMillis(), Duration::ofMillis);
          }
          return WHOLE.matcher(text).matches()
              ? Parsed.wrong(text, "has no unit: add ms, s, m or h")
              : Parsed.wrong(text, "is not a duration");
        });
  }

  /**
   * How many of the smallest unit the text says, capped at the largest long; -1 = not that form.
   */
  private static long amount(String text, List<Unit> units) {
    Matcher parts = WITH_UNIT.matcher(text);
    if (!parts.matches()) {
      return -1;
    }
    long count = Long.parseLong(parts.group(1));
    for (Unit unit : units) {
      if (unit.symbol().equals(parts.group(2))) {
        return count > Long.MAX_VALUE / unit.size() ? Long.MAX_VALUE : count * unit.size();
      }
    }
    return -1;
  }

  private static String show(long amount, List<Unit> units) {
    for (Unit unit : units) {
      if (amount >= unit.size() && amount % unit.size() == 0) {
        return amount / unit.size() + unit.symbol();
      }
    }
    return amount + units.getLast().symbol();
  }

  private static Parsed<Integer> percentage(String text, int min) {
    Matcher parts = PERCENT.matcher(text);
    if (parts.matches()) {
      return within(text, Long.parseLong(parts.group(1)), min, 100, n -> (int) n);
    }
    return WHOLE.matcher(text).matches()
        ? Parsed.wrong(text, "has no percent sign")
        : Parsed.wrong(text, "is not a percentage");
  }

  private static Parsed<Double> fraction(String text) {
    if (!DECIMAL.matcher(text).matches()) {
      return Parsed.wrong(text, "is not a number");
    }
    double share = Double.parseDouble(text);
    return share > 0 && share <= 1
        ? new Parsed.Value<>(share)
        : Parsed.wrong(text, "is out of range");
  }

  private static <T> Parsed<T> within(
      String text, long number, long min, long max, LongFunction<T> result) {
    return number >= min && number <= max
        ? new Parsed.Value<>(result.apply(number))
        : Parsed.wrong(text, "is out of range");
  }
}
