package dev.loragateway.scrape;

import org.jspecify.annotations.Nullable;

/** Takes the samples of a metrics page as {@link PrometheusParser} comes across them. */
public interface SampleVisitor {
  /**
   * Returns the name under which samples are to be visited, or null when they are not wanted. Asked
   * at least once for each run of samples of one name; the answer must depend on the name alone.
   *
   * @param page has the name at {@code from} to {@code to}, in ASCII
   */
  @Nullable String wanted(byte[] page, int from, int to);

  /**
   * Takes in one sample of a wanted name.
   *
   * @param labels valid only during this call
   * @param value any double, also NaN and the infinities
   */
  void sample(String name, Labels labels, double value);
}
