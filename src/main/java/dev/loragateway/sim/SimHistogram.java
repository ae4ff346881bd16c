package dev.loragateway.sim;

/** One histogram of the metrics page. Guarded by the page that owns it. */
final class SimHistogram {
  private static final double[] SECONDS = {
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
    20.0, 40.0, 80.0, 160.0, 640.0, 2560.0
  };
  private static final double[] TOKENS = {
    1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10000.0, 20000.0
  };

  private final String name;
  private final String help;
  private final double[] bounds;
  private final double[] counts;
  private double count;
  private double sum;

  private SimHistogram(String name, String help, double[] bounds) {
    this.name = name;
    this.help = help;
    this.bounds = bounds;
    this.counts = new double[bounds.length];
  }

  static SimHistogram seconds(String name, String help) {
    return new SimHistogram(name, help, SECONDS);
  }

  static SimHistogram tokens(String name, String help) {
    return new SimHistogram(name, help, TOKENS);
  }

  void observe(double value) {
    for (int i = bounds.length - 1; i >= 0 && value <= bounds[i]; i--) {
      counts[i]++;
    }
    count++;
    sum += value;
  }

  /** Writes the family; labels stand in the order of their names, {@code le} among them. */
  void write(PromPage page, String engine, String model, double created) {
    page.family(name, "histogram", help);
    for (int i = 0; i < bounds.length; i++) {
      String le = "le=\"" + PromPage.number(bounds[i]) + "\"";
      page.sample(name + "_bucket", String.join(",", engine, le, model), counts[i]);
    }
    page.sample(name + "_bucket", String.join(",", engine, "le=\"+Inf\"", model), count);
    page.sample(name + "_count", engine + "," + model, count);
    page.sample(name + "_sum", engine + "," + model, sum);
    page.gauge(name + "_created", help, engine + "," + model, created);
  }
}
