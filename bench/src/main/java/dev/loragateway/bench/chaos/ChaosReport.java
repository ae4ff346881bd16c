package dev.loragateway.bench.chaos;

import dev.loragateway.bench.Results;
import dev.loragateway.bench.Table;
import dev.loragateway.bench.chaos.ChaosResult.Held;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Writes a run down, as JSON and as Markdown. Immutable. */
record ChaosReport(ChaosResult result) {

  void write(Path directory) throws IOException {
    Results.write(directory, "chaos.json", result, text());
  }

  String text() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("", "requests", "allowed"));
    for (Outcome outcome : Outcome.values()) {
      rows.add(
          List.of(
              outcome.text(),
              Long.toString(result.outcomes().getOrDefault(outcome, 0L)),
              outcome.honest() ? "" : "0"));
    }
    rows.add(List.of("all", Long.toString(result.requests()), ""));
    List<List<String>> held = new ArrayList<>();
    held.add(List.of("second", "RSS MiB", "descriptors", "live heap MiB"));
    List<Held> shown = result.samples().stream().filter(at -> !Double.isNaN(at.liveMib())).toList();
    for (Held at : shown) {
      held.add(
          List.of(
              number("%.0f", at.second()),
              number("%.0f", at.rssMib()),
              Integer.toString(at.descriptors()),
              number("%.1f", at.liveMib())));
    }
    String faults =
        result.faults().entrySet().stream()
            .map(e -> e.getKey().kind() + " " + e.getValue())
            .collect(Collectors.joining(", "));
    return """
    # Servers that misbehave

    %s
    Faults, each for 0.2 to 3 s: %s; adapters lost: %d.

    %s
    Left over at the end: %s.

    `%s`, %s, gateway %s.
    """
        .formatted(
            Table.of(rows),
            faults,
            result.lost(),
            Table.of(held),
            result.left().isEmpty() ? "nothing" : String.join(", ", result.left()),
            result.command(),
            result.date(),
            result.gateway());
  }

  private static String number(String pattern, double value) {
    return String.format(Locale.ROOT, pattern, value);
  }
}
