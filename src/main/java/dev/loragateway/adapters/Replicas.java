package dev.loragateway.adapters;

/**
 * How many endpoints should have an adapter: so many, or as many between two bounds as its demand
 * asks for. Immutable.
 *
 * @param min from 0
 * @param max from {@code min}; {@link PlacementRequest#ALL} = every endpoint that fits
 */
public record Replicas(int min, int max) {
  /** Every endpoint that fits. */
  public static final Replicas ALL = new Replicas(PlacementRequest.ALL, PlacementRequest.ALL);

  /** By demand, at least one. */
  public static final Replicas AUTO = new Replicas(1, PlacementRequest.ALL);

  public Replicas {
    if (min < 0 || max < min) {
      throw new IllegalArgumentException(
          "replicas from %d to %d (expected: 0 or more, the least first)".formatted(min, max));
    }
  }

  /** Exactly so many. */
  public static Replicas of(int count) {
    return new Replicas(count, count);
  }

  /** Whether their number follows the demand. */
  public boolean automatic() {
    return min != max;
  }

  /** As users write it: {@code 2}, {@code all}, {@code auto}, {@code 0-4}, {@code 2-all}. */
  @Override
  public String toString() {
    if (equals(AUTO)) {
      return "auto";
    }
    return automatic() ? min + "-" + count(max) : count(min);
  }

  private static String count(int count) {
    return count == PlacementRequest.ALL ? "all" : Integer.toString(count);
  }

  /**
   * Reads what {@link #toString} writes.
   *
   * @throws IllegalArgumentException if it is no such text; the message says what was expected
   */
  public static Replicas parse(String text) {
    if (text.equals("auto")) {
      return AUTO;
    }
    int dash = text.indexOf('-');
    try {
      return dash < 0
          ? of(number(text))
          : new Replicas(number(text.substring(0, dash)), number(text.substring(dash + 1)));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "replicas are " + text + " (expected: a number, all, auto, or bounds such as 0-4)", e);
    }
  }

  private static int number(String text) {
    return text.equals("all") ? PlacementRequest.ALL : Integer.parseUnsignedInt(text);
  }
}
