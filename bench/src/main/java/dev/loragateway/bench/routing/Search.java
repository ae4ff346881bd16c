package dev.loragateway.bench.routing;

/** Finds the highest rate, or the fewest endpoints, at which the objective is met. Stateless. */
/*
 * A bracket is looked for with short runs, whose verdict is rough; the rate is then narrowed down with
 * whole ones, and an end of the bracket that was only tried by a short run is moved out again when the
 * whole runs all say the opposite.
 */
final class Search {
  private static final double STEP = 1.3;
  private static final double SMALL_STEP = 1.12;
  private static final int MAX_STEPS = 20;

  private final RunSpec spec;
  private final double tolerance;
  private final int requests;

  private Search(RunSpec spec, double tolerance, int requests) {
    this.spec = spec;
    this.tolerance = tolerance;
    this.requests = requests;
  }

  /**
   * The highest rate at which p99 of the time to the first token meets the objective, in requests
   * per second, to within {@code tolerance}; 0 when none was found.
   *
   * @param requests measured in a run, unless the run would last less than the specification says
   */
  static double highestRate(RunSpec spec, double tolerance, int requests) {
    return new Search(spec, tolerance, requests).highestRate();
  }

  private double highestRate() {
    double guess = bracket(spec.capacity() / 3);
    if (guess == 0) {
      return 0;
    }
    double low = 0;
    double high = 0;
    double rate = guess;
    for (int i = 0; i < MAX_STEPS && (low == 0 || high == 0); i++) {
      if (meets(rate, requests)) {
        low = rate;
        rate *= SMALL_STEP;
      } else {
        high = rate;
        rate /= SMALL_STEP;
      }
    }
    while (low > 0 && high / low > 1 + tolerance) {
      double middle = Math.sqrt(low * high);
      if (meets(middle, requests)) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** A rough answer, by short runs. */
  private double bracket(double start) {
    double low = 0;
    double high = 0;
    double rate = start;
    for (int i = 0; i < MAX_STEPS && (low == 0 || high == 0); i++) {
      if (meets(rate, requests / 5)) {
        low = rate;
        rate *= STEP;
      } else {
        high = rate;
        rate /= STEP;
      }
    }
    return low == 0 ? high : Math.sqrt(low * high);
  }

  private boolean meets(double rate, int requests) {
    return Simulation.run(spec.withRate(rate).lasting(requests), true).meetsObjective();
  }

  /**
   * The fewest endpoints that meet the objective at the run's rate; -1 when {@code most} do not.
   */
  static int fewestEndpoints(RunSpec spec, int most, int requests) {
    int low = 0;
    int high = most + 1;
    int next = spec.fleet().endpoints();
    while (high - low > 1) {
      RunSpec at = spec.withFleet(spec.fleet().withEndpoints(next)).lasting(requests);
      if (Simulation.run(at, true).meetsObjective()) {
        high = next;
      } else {
        low = next;
      }
      int more = low * 5 / 4 + 1;
      next = high > most && more < most ? more : (low + high) / 2;
    }
    return high > most ? -1 : high;
  }
}
