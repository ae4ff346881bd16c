package dev.loragateway.bench.routing;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * One thing that the gateway's own policy is held to.
 *
 * @param claim what is required, and of what
 * @param required the figure at least
 * @param actual the figure measured
 * @param where the workload that came out worst, or nothing
 */
record Bar(String claim, double required, double actual, String where) {
  private static final List<String> MAIN =
      List.of("zipf-0.6", "zipf-1.0", "zipf-1.4", "hot", "drift");
  private static final Map<Policy, Double> RATIOS =
      new EnumMap<>(
          Map.of(Policy.ROUND_ROBIN, 2.0, Policy.GIE, 1.3, Policy.TIERED, 1.3, Policy.HASH, 1.5));
  private static final String PLAIN = "zipf-1.0";

  boolean met() {
    return actual >= required;
  }

  /** Every bar of which the comparison knows the figures. */
  static List<Bar> of(Comparison comparison) {
    List<Bar> bars = new ArrayList<>();
    for (Fleet fleet : comparison.options().fleets()) {
      RATIOS.forEach((policy, required) -> ratio(bars, comparison, fleet, policy, required));
      never(bars, comparison, fleet);
      loads(bars, comparison, fleet);
      gateways(bars, comparison, fleet);
      overload(bars, comparison, fleet);
    }
    return bars;
  }

  private static void ratio(
      List<Bar> bars, Comparison comparison, Fleet fleet, Policy other, double required) {
    double worst = Double.POSITIVE_INFINITY;
    String where = "";
    for (Workload workload : comparison.options().workloads()) {
      double ratio = MAIN.contains(workload.name()) ? ours(comparison, fleet, workload, other) : 99;
      if (ratio < worst && ratio < 99) {
        worst = ratio;
        where = workload.name();
      }
    }
    if (!where.isEmpty()) {
      bars.add(new Bar(fleet.label() + ": rate / " + other.label(), required, worst, where));
    }
  }

  /** Rates closer than the search's tolerance count as equal. */
  private static void never(List<Bar> bars, Comparison comparison, Fleet fleet) {
    double worst = Double.POSITIVE_INFINITY;
    String where = "";
    for (Workload workload : comparison.options().workloads()) {
      for (Policy policy : comparison.options().policies()) {
        double ratio = ours(comparison, fleet, workload, policy);
        if (policy != Policy.LORA_AWARE && ratio < worst) {
          worst = ratio;
          where = workload.name() + ", " + policy.label();
        }
      }
    }
    if (!where.isEmpty()) {
      double required = 1 - comparison.options().tolerance();
      bars.add(new Bar(fleet.label() + ": rate / any other's", required, worst, where));
    }
  }

  private static double ours(Comparison comparison, Fleet fleet, Workload workload, Policy other) {
    Key key = new Key(fleet, workload, Policy.LORA_AWARE, comparison.options().gateways());
    boolean known = comparison.has(key) && comparison.has(key.with(other));
    return known
        ? comparison.rate(key, 0) / comparison.rate(key.with(other), 0)
        : Double.POSITIVE_INFINITY;
  }

  private static void loads(List<Bar> bars, Comparison comparison, Fleet fleet) {
    for (Workload workload : comparison.options().workloads()) {
      Key key = new Key(fleet, workload, Policy.LORA_AWARE, comparison.options().gateways());
      RunResult ours = comparison.atCommonRate(key);
      RunResult least = comparison.atCommonRate(key.with(Policy.LEAST_REQUEST));
      if (workload.name().equals(PLAIN) && ours != null && least != null) {
        double fewer = 1 - ours.loadsPerRequest() / least.loadsPerRequest();
        String claim = fleet.label() + ": share of least-request's loads saved";
        bars.add(new Bar(claim, 0.5, fewer, PLAIN));
      }
    }
  }

  private static void gateways(List<Bar> bars, Comparison comparison, Fleet fleet) {
    Key one = new Key(fleet, Workload.of(PLAIN), Policy.LORA_AWARE, 1);
    for (int gateways : Comparison.GATEWAYS) {
      Key more = new Key(fleet, one.workload(), Policy.LORA_AWARE, gateways);
      if (comparison.has(one) && comparison.has(more)) {
        double share = comparison.rate(more, 0) / comparison.rate(one, 0);
        String claim = fleet.label() + ": rate of " + gateways + " gateways / of one";
        bars.add(new Bar(claim, 0.9, share, PLAIN));
      }
    }
  }

  /**
   * Asked for three times what it sustains, the gateway answers nearly as many in time, and no
   * adapter waits much longer than the others.
   */
  private static void overload(List<Bar> bars, Comparison comparison, Fleet fleet) {
    Key key =
        new Key(fleet, Workload.of(PLAIN), Policy.LORA_AWARE, comparison.options().gateways());
    RunResult run = comparison.overloaded(key);
    if (run != null) {
      double goodput = Comparison.OVERLOAD * (1 - run.lateShare());
      bars.add(new Bar(fleet.label() + ": 3x overload, in time / rate", 0.9, goodput, PLAIN));
      double evenness = run.meanAdapterP99() / run.worstAdapterP99();
      String claim = fleet.label() + ": 3x overload, adapters' mean p99 / worst";
      bars.add(new Bar(claim, 1.0 / 3, evenness, PLAIN));
    }
  }

  static String table(List<Bar> bars) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("bar", "required", "measured", "at", ""));
    for (Bar bar : bars) {
      rows.add(
          List.of(
              bar.claim,
              Tables.format("%.2f", bar.required),
              Tables.format("%.2f", bar.actual),
              bar.where,
              bar.met() ? "met" : "MISSED"));
    }
    return Tables.table(rows);
  }
}
