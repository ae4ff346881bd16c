package dev.loragateway.bench.routing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Writes a comparison down: as Markdown, as CSV and as plots. Immutable. */
record Report(Comparison comparison, String command, Path out) {
  /** The text that is also printed. */
  String text() {
    StringBuilder text = new StringBuilder();
    Options options = comparison.options();
    List<Bar> bars = Bar.of(comparison);
    for (Fleet fleet : options.fleets()) {
      String head = "%n## %s: %d endpoints x %d slots, %d adapters%n%n";
      text.append(
          Tables.format(head, fleet.label(), fleet.endpoints(), fleet.slots(), fleet.adapters()));
      if (comparison.keys().stream().anyMatch(comparison::has)) {
        text.append(
            "Highest rate, in requests/s, with p99 of the time to first token at most 500 ms;");
        text.append(" in brackets how many times the other's rate lora-aware's is.\n\n");
        text.append(Tables.rates(comparison, fleet));
      }
    }
    if (!bars.isEmpty()) {
      text.append("\n## Bars\n\n").append(Bar.table(bars));
      text.append("\nWhy some are missed: docs/performance.md, \"Missed, and why\".\n");
    }
    endpoints(text);
    overload(text);
    return text.toString();
  }

  private void endpoints(StringBuilder text) {
    List<Map.Entry<Key, Integer>> needed = comparison.endpointsNeeded();
    if (needed.isEmpty()) {
      return;
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("policy", "fleet", "endpoints needed"));
    needed.forEach(
        e ->
            rows.add(
                List.of(
                    e.getKey().policy().label(),
                    e.getKey().fleet().label(),
                    e.getValue() < 0
                        ? "> " + Comparison.MOST * e.getKey().fleet().endpoints()
                        : Integer.toString(e.getValue()))));
    text.append("\n## Endpoints needed for 95% of lora-aware's rate at zipf-1.0\n\n");
    text.append(Tables.table(rows));
  }

  private void overload(StringBuilder text) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of(
            "fleet",
            "asked/s",
            "in time/s",
            "p99 ms",
            "worst adapter",
            "mean of adapters",
            "least served",
            "waiting at most"));
    for (Fleet fleet : comparison.options().fleets()) {
      Key key =
          new Key(
              fleet, Workload.of("zipf-1.0"), Policy.LORA_AWARE, comparison.options().gateways());
      RunResult run = comparison.overloaded(key);
      if (run != null) {
        double asked = Comparison.OVERLOAD * comparison.rate(key, 0);
        rows.add(
            List.of(
                fleet.label(),
                Tables.format("%.1f", asked),
                Tables.format("%.1f", asked * (1 - run.lateShare())),
                Tables.format("%.0f", run.p99()),
                Tables.format("%.0f", run.worstAdapterP99()),
                Tables.format("%.0f", run.meanAdapterP99()),
                Tables.format("%.0f%%", 100 * run.leastServed()),
                Integer.toString(run.mostWaiting())));
      }
    }
    if (rows.size() > 1) {
      text.append("\n## At three times lora-aware's rate at zipf-1.0, queue.timeout 300 ms\n\n");
      text.append(
          "Least served: of the adapter with the smallest share of its requests answered.\n\n");
      text.append(Tables.table(rows));
    }
  }

  /** Each policy at a common rate, for every workload. */
  String details() {
    StringBuilder text = new StringBuilder();
    Options options = comparison.options();
    for (Fleet fleet : options.fleets()) {
      for (Workload workload : options.workloads()) {
        Key key = new Key(fleet, workload, options.policies().getFirst(), options.gateways());
        double rate = comparison.commonRate(key);
        String head = "%n### %s, %s, all at %.1f requests/s%n%n";
        text.append(Tables.format(head, fleet.label(), workload.name(), rate));
        text.append(Tables.common(comparison, fleet, workload));
      }
    }
    return text.toString();
  }

  /** Writes report, figures and plots. */
  void write() throws IOException {
    Files.createDirectories(out);
    Options options = comparison.options();
    String head =
        """
        # Routing policies compared

        Command: `%s`, seed %d, %d seed(s), at least %d requests and %.0f s a run, %d gateway(s).
        Servers: `%s`.
        Start values: `%s`.
        """
            .formatted(
                command,
                options.seed(),
                options.seeds(),
                options.requests(),
                options.seconds(),
                options.gateways(),
                options.model(),
                options.routing());
    Files.writeString(
        out.resolve("report.md"),
        head
            + text()
            + "\n## At a common rate\n\n90% of what least-request sustains.\n"
            + details());
    Files.writeString(out.resolve("routing.csv"), csv());
    Plots.write(comparison, out);
  }

  private String csv() {
    StringBuilder csv =
        new StringBuilder(
            "fleet,workload,policy,gateways,highest_rate,common_rate,p50_ms,p95_ms,p99_ms,"
                + "worst_adapter_p99_ms,hit_rate,loads_per_request,disk_loads_per_request,"
                + "evictions_per_second,estimate_accuracy,failures,throughput,seed\n");
    for (Key key : comparison.keys()) {
      RunResult r = comparison.atCommonRate(key);
      csv.append(
          Tables.format(
              "%s,%s,%s,%d,%.3f,%.3f,",
              key.fleet().label(),
              key.workload().name(),
              key.policy().label(),
              key.gateways(),
              comparison.rate(key, Double.NaN),
              comparison.commonRate(key)));
      csv.append(r == null ? ",,,,,,,,,,," : row(r)).append(comparison.options().seed());
      csv.append('\n');
    }
    return csv.toString();
  }

  private static String row(RunResult r) {
    return Tables.format(
        "%.2f,%.2f,%.2f,%.2f,%.4f,%.4f,%.4f,%.3f,%.4f,%d,%.3f,",
        r.p50(),
        r.p95(),
        r.p99(),
        r.worstAdapterP99(),
        r.hitRate(),
        r.loadsPerRequest(),
        r.diskLoadsPerRequest(),
        r.evictionsPerSecond(),
        r.accuracy(),
        r.failures(),
        r.throughput());
  }
}
