package dev.loragateway.bench.routing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What is asked for. Lengths are lognormal. Immutable.
 *
 * @param name as on the command line
 * @param popularity how requests are spread over the adapters
 * @param skew Zipf's exponent, where the popularity has one
 * @param adapters how many; 0 = as the fleet has
 * @param bursts whether the rate is fourfold for 2 s out of 20 s, with the same mean
 * @param drift whether adapters change places in the order of popularity: each 3 s a tenth of them
 * @param mixedRanks whether ranks are 8, 16 and 64 rather than 16
 * @param loss whether one endpoint dies after a third of the run and returns, empty, after half of
 *     it
 * @param baseShare share of requests for the base model
 * @param outputMean mean tokens of an answer
 * @param outputSigma of the answers' lognormal distribution
 * @param promptMean mean tokens of a prompt
 * @param promptSigma of the prompts' lognormal distribution
 */
record Workload(
    String name,
    Popularity popularity,
    double skew,
    int adapters,
    boolean bursts,
    boolean drift,
    boolean mixedRanks,
    boolean loss,
    double baseShare,
    double outputMean,
    double outputSigma,
    double promptMean,
    double promptSigma) {

  /** How requests are spread over the adapters. */
  enum Popularity {
    ZIPF,
    /** Each 12%, 6% and 2% of the traffic on five adapters. */
    SPLIT,
    /** Half of the traffic on one adapter, the rest by Zipf's law. */
    HOT;

    /** The share of each rank, the most popular first. */
    double[] weights(int adapters, double skew) {
      double[] weights = new double[adapters];
      for (int i = 0; i < adapters; i++) {
        weights[i] =
            this == SPLIT ? new double[] {0.12, 0.06, 0.02}[i / 5] : Math.pow(i + 1, -skew);
      }
      if (this == HOT) {
        weights[0] = Arrays.stream(weights).sum() - weights[0];
      }
      double sum = Arrays.stream(weights).sum();
      Arrays.setAll(weights, i -> weights[i] / sum);
      return weights;
    }
  }

  static final List<Workload> ALL = all();

  private static List<Workload> all() {
    List<Workload> all = new ArrayList<>();
    for (double skew : new double[] {0.6, 0.8, 1.0, 1.2, 1.4}) {
      all.add(zipf("zipf-" + skew, skew));
    }
    Workload one = zipf("", 1.0);
    all.add(zipf("uniform", 0));
    all.add(zipf("single", 0).with("adapters", 1));
    all.add(zipf("split", 0).with("popularity", Popularity.SPLIT).with("adapters", 15));
    all.add(one.with("name", "bursts").with("bursts", true));
    all.add(one.with("name", "drift").with("drift", true));
    all.add(one.with("name", "hot").with("popularity", Popularity.HOT));
    all.add(one.with("name", "long-tail").with("adapters", 4000));
    all.add(one.with("name", "mixed-ranks").with("mixedRanks", true));
    all.add(one.with("name", "loss").with("loss", true));
    all.add(one.with("name", "base-30").with("baseShare", 0.3));
    return List.copyOf(all);
  }

  private static Workload zipf(String name, double skew) {
    return new Workload(
        name, Popularity.ZIPF, skew, 0, false, false, false, false, 0, 28, 0.6, 150, 0.7);
  }

  static Workload of(String name) {
    for (Workload workload : ALL) {
      if (workload.name.equals(name)) {
        return workload;
      }
    }
    throw new IllegalArgumentException(
        "no workload " + name + "; known: " + ALL.stream().map(Workload::name).toList());
  }

  Workload with(String component, Object value) {
    return Overrides.apply(
        this, java.util.Map.of(component, String.format(Locale.ROOT, "%s", value)));
  }
}
