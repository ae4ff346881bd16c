package dev.loragateway.bench.routing;

import java.util.SplittableRandom;

/**
 * Poisson arrivals with adapters and lengths drawn from a seed. Every policy sees the same ones; at
 * another rate only the times between them are stretched. Confined to one simulation.
 */
final class DrawnArrivals implements Arrivals {
  private static final double DRIFT_PERIOD = 3;
  private static final double DRIFT_SHARE = 0.1;
  private static final double BURST_PERIOD = 20;
  private static final double BURST_LENGTH = 2;
  private static final double BURST_FACTOR = 4;
  private static final int MAX_PROMPT = 8192;

  private final Workload workload;
  private final double rate;
  private final SplittableRandom random;
  private final SplittableRandom driftRandom;
  private final double[] cumulative;

  /** The adapter at each place in the order of popularity. */
  private final int[] order;

  private double seconds;
  private double nextDrift = DRIFT_PERIOD;
  private int adapter;
  private int promptTokens;
  private int outputTokens;

  DrawnArrivals(Workload workload, int adapters, double rate, long seed) {
    this.workload = workload;
    this.rate = rate;
    SplittableRandom root = new SplittableRandom(seed);
    random = root.split();
    driftRandom = root.split();
    cumulative = workload.popularity().weights(adapters, workload.skew());
    for (int i = 1; i < adapters; i++) {
      cumulative[i] += cumulative[i - 1];
    }
    order = new int[adapters];
    SplittableRandom shuffle = root.split();
    for (int i = 0; i < adapters; i++) {
      int j = shuffle.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
  }

  @Override
  public boolean advance() {
    wait(-Math.log(1 - random.nextDouble()));
    double which = random.nextDouble();
    boolean base = random.nextDouble() < workload.baseShare();
    promptTokens = length(workload.promptMean(), workload.promptSigma(), MAX_PROMPT);
    outputTokens = length(workload.outputMean(), workload.outputSigma(), ModelServer.MAX_OUTPUT);
    if (workload.drift()) {
      drift();
    }
    adapter = base ? Adapters.NONE : order[place(which)];
    return true;
  }

  private void wait(double mean) {
    if (!workload.bursts()) {
      seconds += mean / rate;
      return;
    }
    double calm = rate * BURST_PERIOD / (BURST_PERIOD - BURST_LENGTH + BURST_FACTOR * BURST_LENGTH);
    double left = mean;
    while (true) {
      double phase = seconds % BURST_PERIOD;
      boolean burst = phase >= BURST_PERIOD - BURST_LENGTH;
      double now = burst ? calm * BURST_FACTOR : calm;
      double end = burst ? BURST_PERIOD : BURST_PERIOD - BURST_LENGTH;
      if (left <= (end - phase) * now) {
        seconds += left / now;
        return;
      }
      left -= (end - phase) * now;
      seconds += end - phase + 1e-9;
    }
  }

  private void drift() {
    while (seconds >= nextDrift) {
      nextDrift += DRIFT_PERIOD;
      int moves = (int) Math.max(1, DRIFT_SHARE / 2 * order.length);
      for (int i = 0; i < moves; i++) {
        int a = driftRandom.nextInt(order.length);
        int b = driftRandom.nextInt(order.length);
        int moved = order[a];
        order[a] = order[b];
        order[b] = moved;
      }
    }
  }

  private int place(double draw) {
    int low = 0;
    int high = cumulative.length - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (cumulative[middle] > draw) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  private int length(double mean, double sigma, int most) {
    double log = Math.log(mean) - sigma * sigma / 2 + sigma * random.nextGaussian();
    return Math.clamp(Math.round(Math.exp(log)), 1, most);
  }

  @Override
  public double seconds() {
    return seconds;
  }

  @Override
  public int adapter() {
    return adapter;
  }

  @Override
  public int promptTokens() {
    return promptTokens;
  }

  @Override
  public int outputTokens() {
    return outputTokens;
  }
}
