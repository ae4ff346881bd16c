package dev.loragateway.bench.overhead;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.loragateway.bench.Results;
import dev.loragateway.bench.Table;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Writes down what each proxy costs: as JSON, as Markdown and as a plot. Immutable. */
record OverheadReport(List<CaseResult> results) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String FILE = "overhead.json";

  OverheadReport {
    results = List.copyOf(results);
  }

  static OverheadReport of(List<CaseResult> results) {
    return new OverheadReport(results);
  }

  /** These results and, of the cases that they lack, those that were written before. */
  static OverheadReport with(Path directory, List<CaseResult> results) throws IOException {
    Path file = directory.resolve(FILE);
    List<CaseResult> former =
        Files.exists(file)
            ? JSON.readValue(file.toFile(), new TypeReference<List<CaseResult>>() {})
            : List.of();
    List<CaseResult> all = new ArrayList<>();
    for (String name : Case.labels()) {
      results.stream()
          .filter(r -> r.name().equals(name))
          .findFirst()
          .or(() -> former.stream().filter(r -> r.name().equals(name)).findFirst())
          .ifPresent(all::add);
    }
    return new OverheadReport(all);
  }

  void write(Path directory) throws IOException {
    Results.write(directory, FILE, results, "# What a proxy costs\n\n" + text());
    OverheadPlot.write(results, directory);
  }

  String text() {
    StringBuilder text = new StringBuilder(HOW);
    ratios(text);
    results.forEach(
        r -> text.append(r.name().equals(Case.STREAMS.label()) ? streams(r) : requests(r)));
    proxies(text);
    return text.toString();
  }

  private static final String HOW =
      """
      Each proxy runs on one thread and is alone on its core; client and stub share the other one. They take
      turns, and are paused (SIGSTOP) while it is not theirs. Figures are medians over the rounds. CPU is the
      proxy's processor time, user and system, of all its threads and children, for a request (a paced event).
      Added is what a request takes more than without a proxy, on one connection. RSS is what is resident after
      the turn; a JVM takes what it is given before it collects.

      """;

  private void ratios(StringBuilder text) {
    text.append(
        "## CPU time for a request: the gateway's, as a multiple of each other proxy's\n\n");
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of("gateway /"));
    results.forEach(r -> head.add(r.name()));
    rows.add(head);
    for (String proxy : names()) {
      if (!proxy.equals(OwnGateway.NAME)) {
        List<String> row = new ArrayList<>(List.of(proxy));
        results.forEach(
            r ->
                row.add(
                    ratio(
                        r.median(OwnGateway.NAME, Figure.CPU_MICROS)
                            / r.median(proxy, Figure.CPU_MICROS))));
        rows.add(row);
      }
    }
    text.append(Table.of(rows)).append("\nBelow 1: the gateway needs less.\n");
  }

  private Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    results.forEach(r -> names.addAll(r.proxies().keySet()));
    return names;
  }

  private static String requests(CaseResult r) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of(
            "proxy",
            "CPU us",
            "spread",
            "requests/s",
            "p50 us",
            "p99",
            "max",
            "core",
            "alone: p50",
            "p99",
            "added p50",
            "p99",
            "RSS MiB",
            "failed"));
    for (String proxy : withDirect(r)) {
      rows.add(
          List.of(
              proxy,
              number("%.1f", r.median(proxy, Figure.CPU_MICROS)),
              number("%.0f%%", 100 * r.spread(proxy, Figure.CPU_MICROS)),
              number("%.0f", r.median(proxy, Figure.RATE)),
              number("%.0f", r.median(proxy, Figure.P50_MICROS)),
              number("%.0f", r.median(proxy, Figure.P99_MICROS)),
              number("%.0f", r.median(proxy, Figure.MAX_MICROS)),
              number("%.0f%%", r.median(proxy, Figure.CORE_PERCENT)),
              number("%.0f", r.median(proxy, Figure.ONE_P50_MICROS)),
              number("%.0f", r.median(proxy, Figure.ONE_P99_MICROS)),
              added(r, proxy, Figure.ONE_P50_MICROS),
              added(r, proxy, Figure.ONE_P99_MICROS),
              number("%.0f", r.median(proxy, Figure.RSS_MIB)),
              number("%.0f", r.sum(proxy, Figure.FAILED))));
    }
    return head(r)
        + Table.of(rows)
        + "\n"
        + "32 connections; alone: one connection. Below 100% of its core a proxy was not what"
        + " limited the rate.\n"
        + taken(r);
  }

  private static String streams(CaseResult r) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of(
            "proxy",
            "CPU us",
            "spread",
            "core",
            "late p50 us",
            "p99",
            "max",
            "RSS MiB",
            "arrived",
            "missing"));
    for (String proxy : withDirect(r)) {
      rows.add(
          List.of(
              proxy,
              number("%.1f", r.median(proxy, Figure.CPU_MICROS)),
              number("%.0f%%", 100 * r.spread(proxy, Figure.CPU_MICROS)),
              number("%.0f%%", r.median(proxy, Figure.CORE_PERCENT)),
              number("%.0f", r.median(proxy, Figure.P50_MICROS)),
              number("%.0f", r.median(proxy, Figure.P99_MICROS)),
              number("%.0f", r.median(proxy, Figure.MAX_MICROS)),
              number("%.0f", r.median(proxy, Figure.RSS_MIB)),
              number("%.0f", r.sum(proxy, Figure.DONE)),
              number("%.0f", r.sum(proxy, Figure.FAILED))));
    }
    return head(r)
        + Table.of(rows)
        + "\n%d streams at once. CPU is for an event. Late: after the event was due, in the stub; that of no proxy is client and stub alone.\n"
            .formatted(r.settings().streams())
        + taken(r);
  }

  private static String head(CaseResult r) {
    return "\n## " + r.name() + ": " + Case.of(r.name()).what() + "\n\n";
  }

  private static String taken(CaseResult r) {
    Settings s = r.settings();
    return "Warm-up: %d requests, or %d s. %d rounds of %d s. `%s`, %s.%n"
        .formatted(
            s.warmUp(),
            Settings.LONGEST_WARM_UP.toSeconds(),
            s.rounds(),
            r.name().equals(Case.STREAMS.label()) ? s.streamSeconds() : s.seconds(),
            r.command(),
            r.date());
  }

  private static List<String> withDirect(CaseResult r) {
    List<String> names = new ArrayList<>(List.of(Contender.DIRECT));
    names.addAll(r.proxies().keySet());
    return names;
  }

  private static String added(CaseResult r, String proxy, Figure figure) {
    return proxy.equals(Contender.DIRECT)
        ? "-"
        : number("%.0f", r.median(proxy, figure) - r.median(Contender.DIRECT, figure));
  }

  private void proxies(StringBuilder text) {
    text.append("\n## What was compared\n\n");
    Set<String> lines = new LinkedHashSet<>();
    for (CaseResult r : results) {
      r.proxies().forEach((name, version) -> lines.add("* " + name + " " + version));
      r.skipped().forEach((name, reason) -> lines.add("* " + name + " skipped: " + reason));
    }
    lines.forEach(line -> text.append(line).append('\n'));
    results.stream().map(r -> "\n" + r.machine().text() + ".\n").distinct().forEach(text::append);
  }

  private static String ratio(double value) {
    return number(value < 0.1 ? "%.4f" : "%.2f", value);
  }

  private static String number(String pattern, double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, pattern, value);
  }
}
