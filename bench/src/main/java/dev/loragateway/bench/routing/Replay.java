package dev.loragateway.bench.routing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.loragateway.registry.RoutingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Holds the simulated server against a real one: requests that were recorded on real vLLM arrive
 * again at a simulated server with the times that were fitted to it. Immutable.
 *
 * @param fit what {@code bench/fit_vllm.py} wrote: the fitted model
 * @param trace and the recorded requests
 */
record Replay(Path fit, Path trace) {
  private static final int GPU_SLOTS = 2;
  private static final int ADAPTERS = 6;

  /** One recorded request. */
  private record Row(
      double arrivalMs,
      int adapter,
      int promptTokens,
      int outputTokens,
      double ttftMs,
      boolean swapped) {}

  /** The requests of one run in order. */
  private static final class Recorded implements Arrivals {
    private final List<Row> rows;
    private int at = -1;

    Recorded(List<Row> rows) {
      this.rows = rows;
    }

    @Override
    public boolean advance() {
      at = Math.min(at + 1, rows.size());
      return at < rows.size();
    }

    private Row row() {
      return rows.get(Math.min(at, rows.size() - 1));
    }

    @Override
    public double seconds() {
      return row().arrivalMs / 1000;
    }

    @Override
    public int adapter() {
      return row().adapter;
    }

    @Override
    public int promptTokens() {
      return row().promptTokens;
    }

    @Override
    public int outputTokens() {
      return row().outputTokens;
    }
  }

  /** Times to the first token in milliseconds, and the share of requests that needed no swap. */
  record Figures(double p50, double p95, double p99, double hits) {
    private List<String> cells() {
      return List.of(
          Tables.format("%.0f", p50),
          Tables.format("%.0f", p95),
          Tables.format("%.0f", p99),
          Tables.format("%.0f%%", 100 * hits));
    }
  }

  /** A recorded run and its replay. */
  record Outcome(String run, double rate, Figures measured, Figures simulated) {}

  /** Replays every recorded run. */
  List<Outcome> outcomes() throws IOException {
    JsonNode fitted = new ObjectMapper().readTree(fit.toFile());
    ServerModel model = model(fitted.path("model").path("median"), fitted.path("maxCpuLoras"));
    List<Outcome> outcomes = new ArrayList<>();
    for (Map.Entry<String, List<Row>> run : runs().entrySet()) {
      List<Row> rows = run.getValue();
      double seconds = rows.getLast().arrivalMs / 1000;
      RunResult result = Simulation.replay(spec(model, rows.size(), seconds), new Recorded(rows));
      outcomes.add(
          new Outcome(
              run.getKey(),
              rows.size() / seconds,
              measured(rows),
              new Figures(result.p50(), result.p95(), result.p99(), result.hitRate())));
    }
    return outcomes;
  }

  private static Figures measured(List<Row> rows) {
    double[] times = rows.stream().mapToDouble(Row::ttftMs).sorted().toArray();
    double misses = rows.stream().filter(Row::swapped).count();
    return new Figures(
        quantile(times, 0.5),
        quantile(times, 0.95),
        quantile(times, 0.99),
        1 - misses / rows.size());
  }

  /** What was measured and what is simulated, side by side. */
  static String table(List<Outcome> outcomes) {
    List<List<String>> table = new ArrayList<>();
    table.add(List.of("run", "requests/s", "", "p50 ms", "p95", "p99", "hits"));
    for (Outcome outcome : outcomes) {
      String rate = Tables.format("%.1f", outcome.rate);
      table.add(row(List.of(outcome.run, rate, "measured"), outcome.measured));
      table.add(row(List.of("", "", "simulated"), outcome.simulated));
    }
    return Tables.table(table);
  }

  private static List<String> row(List<String> head, Figures figures) {
    List<String> row = new ArrayList<>(head);
    row.addAll(figures.cells());
    return row;
  }

  private static double quantile(double[] sorted, double share) {
    return sorted[(int) Math.ceil(share * sorted.length) - 1];
  }

  private Map<String, List<Row>> runs() throws IOException {
    Map<String, List<Row>> runs = new LinkedHashMap<>();
    for (String line : Files.readAllLines(trace).stream().skip(1).toList()) {
      String[] cells = line.split(",", -1);
      Row row =
          new Row(
              Double.parseDouble(cells[2]),
              Integer.parseInt(cells[3].substring("lora-".length())),
              Integer.parseInt(cells[4]),
              Integer.parseInt(cells[5]),
              Double.parseDouble(cells[6]),
              cells[8].equals("1"));
      runs.computeIfAbsent(cells[1], run -> new ArrayList<>()).add(row);
    }
    return runs;
  }

  /** The network's time is what a first token takes over an engine step, half of it each way. */
  private static ServerModel model(JsonNode fitted, JsonNode cpuSlots) {
    Map<String, String> values = new HashMap<>();
    values.put("stepMs", fitted.path("stepMs").asText());
    values.put("perSeqMs", fitted.path("perSequenceMs").asText());
    values.put("prefillMs", fitted.path("perPromptTokenMs").asText());
    values.put("cpuSwapMs", fitted.path("swapCpuMs").asText());
    double disk = fitted.path("swapDiskMs").asDouble() - fitted.path("swapCpuMs").asDouble();
    values.put("diskSwapMs", Double.toString(disk));
    values.put("networkMs", Double.toString(fitted.path("overheadMs").asDouble() / 2));
    values.put("cpuSlotFactor", Double.toString(cpuSlots.asDouble() / GPU_SLOTS));
    values.put("cpuSwapMsPerMb", "0");
    values.put("diskSwapMsPerMb", "0");
    return ServerModel.DEFAULTS.with(values);
  }

  private static RunSpec spec(ServerModel model, int requests, double seconds) {
    return new RunSpec(
        Policy.LEAST_REQUEST,
        Workload.of("zipf-1.0").with("adapters", ADAPTERS),
        Fleet.of(1, GPU_SLOTS),
        model,
        RoutingSettings.DEFAULTS,
        RoutingCommand.UNBOUNDED,
        1,
        requests / seconds,
        seconds + 1,
        0,
        1);
  }
}
