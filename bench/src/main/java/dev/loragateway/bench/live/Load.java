package dev.loragateway.bench.live;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The load of a run: an open loop, so that a slow policy cannot slow its load down. Immutable.
 *
 * @param rate requests per second on average, by Poisson arrivals
 * @param warmUp seconds before anything is measured
 * @param seconds of arrivals that are measured
 * @param adapters that the requests name
 * @param skew exponent of Zipf's law by which they are drawn; 0 = all alike
 * @param tokens of each answer
 * @param seed of times and adapters
 */
record Load(
    double rate, int warmUp, int seconds, int adapters, double skew, int tokens, long seed) {

  Load {
    atLeast("--rate", rate, 0.1);
    atLeast("--warm-up", warmUp, 0);
    atLeast("--seconds", seconds, 1);
    atLeast("--adapters", adapters, 1);
    atLeast("--skew", skew, 0);
    atLeast("--tokens", tokens, 1);
  }

  /**
   * One request.
   *
   * @param nanos when it is due, after the start
   * @param adapter number of the adapter, from the most popular on
   * @param measured whether it is due after the warm-up
   */
  record Arrival(long nanos, int adapter, boolean measured) {}

  private static void atLeast(String option, double value, double least) {
    if (!(value >= least)) {
      throw new IllegalArgumentException(option + ": " + value + " (expected: >= " + least + ")");
    }
  }

  static String adapter(int number) {
    return "lora-" + number;
  }

  /** Nanoseconds from the start to the last arrival at the latest. */
  long nanos() {
    return (warmUp + seconds) * 1_000_000_000L;
  }

  /** Every request, in order: the same ones for each policy. */
  List<Arrival> arrivals() {
    SplittableRandom random = new SplittableRandom(seed);
    double[] cumulative = cumulative();
    List<Arrival> arrivals = new ArrayList<>();
    double seconds = gap(random);
    while (seconds * 1e9 < nanos()) {
      int adapter = place(cumulative, random.nextDouble());
      arrivals.add(new Arrival((long) (seconds * 1e9), adapter, seconds >= warmUp));
      seconds += gap(random);
    }
    return arrivals;
  }

  private double gap(SplittableRandom random) {
    return -Math.log(1 - random.nextDouble()) / rate;
  }

  private double[] cumulative() {
    double[] sums = new double[adapters];
    double sum = 0;
    for (int i = 0; i < adapters; i++) {
      sum += Math.pow(i + 1, -skew);
      sums[i] = sum;
    }
    return sums;
  }

  private static int place(double[] sums, double share) {
    double at = share * sums[sums.length - 1];
    int i = 0;
    while (i < sums.length - 1 && sums[i] <= at) {
      i++;
    }
    return i;
  }
}
