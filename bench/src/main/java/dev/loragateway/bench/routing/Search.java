package dev.loragateway.bench.routing;

/** Finds the highest rate, or the fewest endpoints, at which the objective is met. Stateless. */
final class Search {
  private static final double STEP = 1.25;
  private static final int MAX_STEPS = 24;

  private Search() {}

  /**
   * The highest rate at which p99 of the time to the first token meets the objective, in requests
   * per second, to within {@code tolerance}; 0 when none was found.
   */
  static double highestRate(RunSpec spec, double tolerance) {
    double low = 0;
    double high = 0;
    double rate = spec.capacity() / 2;
    for (int i = 0; i < MAX_STEPS && (low == 0 || high == 0); i++) {
      if (meets(spec, rate)) {
        low = rate;
        rate *= STEP;
      } else {
        high = rate;
        rate /= STEP;
      }
    }
    while (low > 0 && high / low > 1 + tolerance) {
      double middle = Math.sqrt(low * high);
      if (meets(spec, middle)) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private static boolean meets(RunSpec spec, double rate) {
    return Simulation.run(spec.withRate(rate), true).meetsObjective();
  }

  /** The fewest endpoints that meet the objective at the run's rate; -1 when {@code most} do not. */
  static int fewestEndpoints(RunSpec spec, int most) {
    int low = 0;
    int high = most + 1;
    int next = spec.fleet().endpoints();
    while (high - low > 1) {
      RunSpec at = spec.withFleet(spec.fleet().withEndpoints(next));
      if (Simulation.run(at, true).meetsObjective()) {
        high = next;
      } else {
        low = next;
      }
      next = high > most && low * 5 / 4 + 1 < most ? low * 5 / 4 + 1 : (low + high) / 2;
    }
    return high > most ? -1 : high;
  }
}
