package dev.loragateway.bench.live;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Writes down what came of each policy: as Markdown and as CSV. Immutable. */
record LiveReport(Load load, Fleet fleet, List<LiveResult> results) {
  private static final double IN_TIME_MS = 500;

  LiveReport {
    results = List.copyOf(results);
  }

  /** What was compared. */
  static String setting(Load load, Fleet fleet) {
    return format(
        """
        %d servers x %d GPU slots (%d CPU slots, %d batch places%s), %d adapters by Zipf %.1f, \
        %.0f requests/s (open loop, Poisson), %d tokens of %d ms each, %d s after %d s of warm-up, \
        seed %d.
        """,
        fleet.endpoints(),
        fleet.slots(),
        fleet.cpuSlots(),
        fleet.places(),
        fleet.uneven() ? ", half with slow disks" : "",
        load.adapters(),
        load.skew(),
        load.rate(),
        load.tokens(),
        Fleet.TOKEN_TIME.toMillis(),
        load.seconds(),
        load.warmUp(),
        load.seed());
  }

  /** The tables, which are readable as they stand, too. */
  String text() {
    StringBuilder text =
        new StringBuilder(
            """
            | policy        |  hits | swaps |   on disk | TTFT p50 ms |   p90 |   p99 | <= 500 ms |
            |---------------|------:|------:|----------:|------------:|------:|------:|----------:|
            """);
    for (LiveResult r : results) {
      text.append(
          format(
              "| %-13s | %4.1f%% | %5d | %9d | %11.0f | %5.0f | %5.0f | %8.1f%% |%n",
              r.policy(),
              100 * r.hitRate(),
              r.seen().swaps(),
              r.seen().onDisk(),
              r.firstToken(0.5),
              r.firstToken(0.9),
              r.firstToken(0.99),
              100 * r.within(IN_TIME_MS)));
    }
    text.append(
        """

        Hits, swaps and requests whose adapter was on disk only are what the servers saw; one swap may
        serve several requests. TTFT counts from when a request was due.

        | policy        |  sent | complete | failed | retried |  seen | aborted | held back |
        |---------------|------:|---------:|-------:|--------:|------:|--------:|----------:|
        """);
    for (LiveResult r : results) {
      text.append(
          format(
              "| %-13s | %5d | %8d | %6d | %7d | %5d | %7d | %9d |%n",
              r.policy(),
              r.sent(),
              r.answers().size() - r.failures().size(),
              r.failures().size(),
              r.retried(),
              r.seen().requests(),
              r.seen().aborted(),
              r.held()));
    }
    text.append(
        """

        Complete: status 200, every token by the answer's own usage, and the end of the stream.
        Seen: received by servers. Aborted: left by the gateway before the end.
        Held back: waited in the gateway, because no server could have started them.

        """);
    text.append(verdict());
    return text.toString();
  }

  private String verdict() {
    StringBuilder text = new StringBuilder();
    results.stream().filter(r -> !r.clean()).forEach(r -> text.append(unclean(r)));
    return text.isEmpty()
        ? "Nothing failed: each request was answered in full, by one server.\n"
        : text.toString();
  }

  private static String unclean(LiveResult r) {
    String reasons =
        r.failures().stream()
            .collect(
                Collectors.groupingBy(Function.identity(), TreeMap::new, Collectors.counting()))
            .toString();
    return format(
        "NOT CLEAN: %s: %d failed %s, %d more in the warm-up, %d sent, %d seen by servers, %d"
            + " aborted.%n",
        r.policy(),
        r.failures().size(),
        reasons,
        r.warmUpFailures(),
        r.sent(),
        r.seen().requests(),
        r.seen().aborted());
  }

  /** Writes the report, which names the command that made it, and the figures. */
  void write(Path out, String command) throws IOException {
    Files.createDirectories(out);
    StringBuilder text = new StringBuilder("# Routing policies compared on real sockets\n\n");
    text.append("Command: `").append(command).append("`, ");
    text.append(Runtime.getRuntime().availableProcessors()).append(" cores.\n");
    text.append(setting(load, fleet)).append('\n').append(text());
    results.forEach(r -> learned(text, r));
    Files.writeString(out.resolve("report.md"), text.toString());
    Files.writeString(out.resolve("live.csv"), csv());
  }

  private static void learned(StringBuilder text, LiveResult result) {
    if (result.policy().equals("lora-aware")) {
      text.append(
          "\nWhat the gateway had learned of each server at the end, under lora-aware:\n\n");
      result.learned().forEach(line -> text.append("    ").append(line).append('\n'));
    }
  }

  private String csv() {
    StringBuilder csv =
        new StringBuilder(
            "policy,rate,seconds,seed,sent,failed,retried,seen,aborted,hits,on_disk,swaps,held,"
                + "ttft_p50_ms,ttft_p90_ms,ttft_p99_ms,within_500_ms\n");
    for (LiveResult r : results) {
      csv.append(
          format(
              "%s,%.1f,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%.1f,%.1f,%.1f,%.4f%n",
              r.policy(),
              load.rate(),
              load.seconds(),
              load.seed(),
              r.sent(),
              r.failures().size(),
              r.retried(),
              r.seen().requests(),
              r.seen().aborted(),
              r.seen().hits(),
              r.seen().onDisk(),
              r.seen().swaps(),
              r.held(),
              r.firstToken(0.5),
              r.firstToken(0.9),
              r.firstToken(0.99),
              r.within(IN_TIME_MS)));
    }
    return csv.toString();
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
