package dev.loragateway.bench.footprint;

import java.util.List;

/**
 * How fast something grows, by least squares. Immutable.
 *
 * @param perMinute bytes
 * @param error standard error of that; not a number with fewer than three samples
 */
record Slope(double perMinute, double error) {
  /** Of the resident memory. */
  static Slope of(List<Sample> samples) {
    double n = samples.size();
    double meanX = samples.stream().mapToDouble(s -> s.second() / 60).average().orElse(0);
    double meanY = samples.stream().mapToDouble(Sample::rss).average().orElse(0);
    double xx = 0;
    double xy = 0;
    for (Sample s : samples) {
      double x = s.second() / 60 - meanX;
      xx += x * x;
      xy += x * (s.rss() - meanY);
    }
    double slope = xy / xx;
    double squares = 0;
    for (Sample s : samples) {
      double off = s.rss() - meanY - slope * (s.second() / 60 - meanX);
      squares += off * off;
    }
    return new Slope(slope, Math.sqrt(squares / (n - 2) / xx));
  }
}
