package dev.loragateway.bench.scraping;

import dev.loragateway.bench.Results;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/** Writes down what scraping costs: as Markdown and as JSON. Immutable. */
record ScrapingReport(ScrapingResult result) {
  private static final double CORES = 0.2;
  private static final double MEGABYTES = 20;

  /** Threads that used less are not listed, in cores. */
  private static final double LEAST = 0.0005;

  void write(Path out) throws IOException {
    Results.write(out, "scraping.json", result, "# What scraping costs\n\n" + text());
  }

  /** The tables, which are readable as they stand, too. */
  String text() {
    return setting() + bars() + costs() + threads();
  }

  private String setting() {
    return format(
        """
        Command: `%s`, %s.

        %d servers on ports of one stub process answer with real vLLM pages of 55 KB, each time another
        one; the gateway scrapes each every %s while requests run there. %d rounds of %d s, busy and
        idle in turns; the figures of the round with the median CPU time. CPU: user and system, all
        threads of the gateway. Allocated: in its heap, 10^6 bytes. Probes of health and models are included.

        """,
        result.command(),
        result.machine(),
        result.endpoints(),
        result.interval(),
        result.busy().size(),
        result.seconds());
  }

  private String bars() {
    Cost busy = Cost.median(result.busy());
    return format(
        """
        | bar, of 100 endpoints every 200 ms | limit      | measured   |        |
        |------------------------------------|-----------:|-----------:|--------|
        | CPU while busy                     | %4.2f cores | %.3f cores | %-6s |
        | allocated while busy               |  %4.0f MB/s | %5.1f MB/s | %-6s |

        """,
        CORES,
        busy.cores(),
        verdict(busy.cores() < CORES),
        MEGABYTES,
        busy.megabytes(),
        verdict(busy.megabytes() < MEGABYTES));
  }

  private static String verdict(boolean met) {
    return met ? "met" : "MISSED";
  }

  private String costs() {
    return """
    | endpoints | scrapes/s | cores | of the rounds  | us/scrape | MB/s | KB/scrape |
    |-----------|----------:|------:|---------------:|----------:|-----:|----------:|
    """
        + row("busy", result.busy())
        + row("idle", result.idle())
        + format("%nResident memory in the end: %.0f MiB.%n%n", result.rssMib());
  }

  private static String row(String name, List<Cost> costs) {
    Cost median = Cost.median(costs);
    return format(
        "| %-9s | %9.0f | %.3f | %.3f to %.3f | %9.0f | %4.1f | %9.1f |%n",
        name,
        median.scrapes(),
        median.cores(),
        costs.stream().mapToDouble(Cost::cores).min().orElse(Double.NaN),
        costs.stream().mapToDouble(Cost::cores).max().orElse(Double.NaN),
        median.cpuMicrosPerScrape(),
        median.megabytes(),
        median.kilobytesPerScrape());
  }

  private String threads() {
    StringBuilder text =
        new StringBuilder(
            "| cores, by thread | busy  | idle  |\n|------------------|------:|------:|\n");
    Cost busy = Cost.median(result.busy());
    Cost idle = Cost.median(result.idle());
    for (String name : new TreeSet<>(busy.threads().keySet())) {
      double cores = busy.threads().get(name);
      if (cores >= LEAST) {
        text.append(
            format(
                "| %-16s | %.3f | %.3f |%n", name, cores, idle.threads().getOrDefault(name, 0.0)));
      }
    }
    return text.toString();
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
