package dev.loragateway.bench.routing;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The comparison's figures as Markdown tables, which are readable as they stand, too. Stateless.
 */
final class Tables {
  private Tables() {}

  /** The highest rate of each policy, and how the gateway's own compares with the others. */
  static String rates(Comparison comparison, Fleet fleet) {
    Options options = comparison.options();
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of("workload"));
    options.policies().forEach(policy -> head.add(policy.label()));
    rows.add(head);
    for (Workload workload : options.workloads()) {
      Key ours = new Key(fleet, workload, Policy.LORA_AWARE, options.gateways());
      List<String> row = new ArrayList<>(List.of(workload.name()));
      for (Policy policy : options.policies()) {
        double rate = comparison.rate(ours.with(policy), 0);
        boolean other = policy != Policy.LORA_AWARE && comparison.has(ours);
        row.add(
            other
                ? format("%.1f (%.2fx)", rate, comparison.rate(ours, 0) / rate)
                : format("%.1f", rate));
      }
      rows.add(row);
    }
    return table(rows);
  }

  /** What each policy did at the common rate. */
  static String common(Comparison comparison, Fleet fleet, Workload workload) {
    Options options = comparison.options();
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of(
            "policy",
            "p50 ms",
            "p95",
            "p99",
            "worst adapter",
            "hits",
            "loads/req",
            "disk/req",
            "evictions/s",
            "estimate right",
            "failed",
            "least served",
            "in time",
            "done/s"));
    for (Policy policy : options.policies()) {
      @Nullable RunResult r =
          comparison.atCommonRate(new Key(fleet, workload, policy, options.gateways()));
      if (r != null) {
        rows.add(
            List.of(
                policy.label(),
                format("%.0f", r.p50()),
                format("%.0f", r.p95()),
                format("%.0f", r.p99()),
                format("%.0f", r.worstAdapterP99()),
                format("%.1f%%", 100 * r.hitRate()),
                format("%.3f", r.loadsPerRequest()),
                format("%.3f", r.diskLoadsPerRequest()),
                format("%.1f", r.evictionsPerSecond()),
                policy.looksAtResidency() ? format("%.1f%%", 100 * r.accuracy()) : "-",
                Long.toString(r.failures()),
                format("%.0f%%", 100 * r.leastServed()),
                format("%.1f%%", 100 * (1 - r.lateShare())),
                format("%.1f", r.throughput())));
      }
    }
    return table(rows);
  }

  static String table(List<List<String>> rows) {
    int columns = rows.getFirst().size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (int r = 0; r < rows.size(); r++) {
      text.append('|');
      for (int i = 0; i < columns; i++) {
        String pad = " ".repeat(widths[i] - rows.get(r).get(i).length());
        String cell = rows.get(r).get(i);
        text.append(' ').append(i == 0 ? cell + pad : pad + cell).append(" |");
      }
      text.append('\n');
      if (r == 0) {
        text.append('|');
        for (int i = 0; i < columns; i++) {
          String line = "-".repeat(widths[i] + 1);
          text.append(i == 0 ? line + "-|" : line + ":|");
        }
        text.append('\n');
      }
    }
    return text.toString();
  }

  static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
