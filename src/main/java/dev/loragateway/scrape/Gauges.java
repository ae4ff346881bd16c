package dev.loragateway.scrape;

/** Brings scraped values into range. Immutable. */
final class Gauges {
  private Gauges() {}

  /** A number of requests or slots: 0 when it cannot be one. */
  static int count(double value) {
    return value > 0 ? (int) Math.min(Math.rint(value), Integer.MAX_VALUE) : 0;
  }

  /** The sum of two counts, at most {@link Integer#MAX_VALUE}. */
  static int sum(int a, int b) {
    return (int) Math.min((long) a + b, Integer.MAX_VALUE);
  }

  /** The larger of two shares, 0 to 1; one that is NaN does not count. */
  static double maxShare(double known, double value) {
    if (Double.isNaN(value)) {
      return known;
    }
    double share = Math.clamp(value, 0.0, 1.0);
    return Double.isNaN(known) ? share : Math.max(known, share);
  }
}
