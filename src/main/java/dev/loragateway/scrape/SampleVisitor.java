package dev.loragateway.scrape;

/** Takes the samples of a metrics page as {@link PrometheusParser} comes across them. */
public interface SampleVisitor {
  /**
   * Returns whether the samples of this name are to be read. Asked at least once for each run of
   * samples of one name; the answer must depend on the name alone.
   */
  boolean wants(String name);

  /**
   * Takes in one sample of a wanted name.
   *
   * @param labels valid only during this call
   * @param value any double, also NaN and the infinities
   */
  void sample(String name, Labels labels, double value);
}
