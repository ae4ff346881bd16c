package dev.loragateway.bench.routing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How the comparison depends on what the servers are like: one thing at a time is made a quarter to
 * four times as large, for Zipf 1.0. Confined to one thread.
 */
final class Sensitivity {
  private static final List<Double> FACTORS = List.of(0.25, 0.5, 1.0, 2.0, 4.0);

  /** What is varied. */
  private enum Knob {
    SWAP_TIME,
    STEP_TIME,
    PREFILL_TIME,
    SLOTS,
    OUTPUT_LENGTH;

    RunSpec apply(RunSpec spec, double factor) {
      ServerModel model = spec.model();
      return switch (this) {
        case SWAP_TIME ->
            spec.withModel(
                model
                    .with(set("cpuSwapMs", factor * model.cpuSwapMs()))
                    .with(set("cpuSwapMsPerMb", factor * model.cpuSwapMsPerMb()))
                    .with(set("diskSwapMs", factor * model.diskSwapMs()))
                    .with(set("diskSwapMsPerMb", factor * model.diskSwapMsPerMb())));
        case STEP_TIME -> spec.withModel(model.with(set("stepMs", factor * model.stepMs())));
        case PREFILL_TIME ->
            spec.withModel(model.with(set("prefillMs", factor * model.prefillMs())));
        case SLOTS -> spec.withFleet(spec.fleet().withSlots(slots(spec.fleet(), factor)));
        case OUTPUT_LENGTH ->
            spec.withWorkload(
                spec.workload().with("outputMean", factor * spec.workload().outputMean()));
      };
    }

    private static int slots(Fleet fleet, double factor) {
      return (int) Math.max(1, Math.round(factor * fleet.slots()));
    }

    private static Map<String, String> set(String name, double value) {
      return Map.of(name, Double.toString(value));
    }

    String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  private record Cell(Knob knob, double factor, Policy policy) {}

  private final Options options;
  private final Map<Cell, Double> rates = new ConcurrentHashMap<>();

  Sensitivity(Options options) {
    this.options = options;
  }

  /** Varies everything on the first fleet; returns the table and writes CSV and plot. */
  String run(Path out) throws IOException {
    Workers workers = new Workers();
    for (Knob knob : Knob.values()) {
      for (double factor : FACTORS) {
        for (Policy policy : options.policies()) {
          Cell cell = new Cell(knob, factor, policy);
          workers.add(policy.looksAtResidency() ? 3 : 1, () -> rates.put(cell, rate(cell)));
        }
      }
    }
    workers.run(options.threads());
    Files.createDirectories(out);
    Files.writeString(out.resolve("sensitivity.csv"), csv());
    Files.writeString(
        out.resolve("sensitivity.md"),
        "# Sensitivity at Zipf 1.0, %s, seed %d%n%nServers: `%s`.%n%n%s"
            .formatted(
                options.fleets().getFirst().label(), options.seed(), options.model(), table()));
    plot(out.resolve("sensitivity.png"));
    return table();
  }

  private double rate(Cell cell) {
    Key key =
        new Key(
            options.fleets().getFirst(),
            Workload.of("zipf-1.0"),
            cell.policy(),
            options.gateways());
    RunSpec spec = cell.knob().apply(options.spec(key, options.seed()), cell.factor());
    return Search.highestRate(spec, options.tolerance(), options.requests());
  }

  private double ratio(Knob knob, double factor, Policy other) {
    double ours = rates.getOrDefault(new Cell(knob, factor, Policy.LORA_AWARE), Double.NaN);
    return ours / rates.getOrDefault(new Cell(knob, factor, other), Double.NaN);
  }

  private List<Policy> others() {
    return options.policies().stream().filter(p -> p != Policy.LORA_AWARE).toList();
  }

  private String table() {
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of("varied", "factor", "lora-aware/s"));
    others().forEach(policy -> head.add("/ " + policy.label()));
    rows.add(head);
    for (Knob knob : Knob.values()) {
      for (double factor : FACTORS) {
        double ours = rates.getOrDefault(new Cell(knob, factor, Policy.LORA_AWARE), Double.NaN);
        List<String> row = new ArrayList<>();
        row.add(knob.label());
        row.add(Tables.format("%.2f", factor));
        row.add(Tables.format("%.1f", ours));
        others().forEach(p -> row.add(Tables.format("%.2f", ratio(knob, factor, p))));
        rows.add(row);
      }
    }
    return Tables.table(rows);
  }

  private String csv() {
    StringBuilder csv = new StringBuilder("varied,factor,policy,highest_rate,ours_over_it\n");
    for (Knob knob : Knob.values()) {
      for (double factor : FACTORS) {
        for (Policy policy : options.policies()) {
          double rate = rates.getOrDefault(new Cell(knob, factor, policy), Double.NaN);
          csv.append(
              Tables.format(
                  "%s,%.2f,%s,%.3f,%.3f%n",
                  knob.label(), factor, policy.label(), rate, ratio(knob, factor, policy)));
        }
      }
    }
    return csv.toString();
  }

  private void plot(Path file) throws IOException {
    Map<String, List<Double>> lines = new LinkedHashMap<>();
    for (Policy policy : List.of(Policy.ROUND_ROBIN, Policy.GIE)) {
      for (Knob knob : Knob.values()) {
        List<Double> values = FACTORS.stream().map(f -> ratio(knob, f, policy)).toList();
        if (values.stream().noneMatch(v -> v.isNaN() || v.isInfinite())) {
          lines.put(knob.label() + " / " + policy.label(), values);
        }
      }
    }
    if (!lines.isEmpty()) {
      Plots.lines("Sensitivity of the advantage at Zipf 1.0", FACTORS, lines, file);
    }
  }
}
