package dev.loragateway.bench.siege;

import dev.loragateway.bench.Results;
import dev.loragateway.bench.Table;
import dev.loragateway.bench.siege.SiegeResult.Phase;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Writes a run down, as JSON and as Markdown. Immutable. */
record SiegeReport(SiegeResult result) {

  void write(Path directory) throws IOException {
    Results.write(directory, "siege.json", result, text());
  }

  String text() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of(
            "clients that",
            "connections",
            "p50 us before",
            "during",
            "factor",
            "p99 us before",
            "during",
            "others failed",
            "RSS MiB",
            "descriptors"));
    for (Phase phase : result.phases()) {
      rows.add(
          List.of(
              phase.name(),
              Integer.toString(phase.connections()),
              number(phase.before().p50Micros()),
              number(phase.during().p50Micros()),
              String.format(Locale.ROOT, "%.2f", phase.factor()),
              number(phase.before().p99Micros()),
              number(phase.during().p99Micros()),
              phase.during().failed() + " of " + phase.during().requests(),
              number(phase.rssMib()),
              Integer.toString(phase.descriptors())));
    }
    return """
    # Clients that are idle, slow or do not read

    What a well-behaved client feels of them: the time until its whole answer, right before they come and while they are
    there. The bar is a factor of 1.2 and no failure.

    %s
    `%s`, %s, gateway %s. %s.
    """
        .formatted(
            Table.of(rows), result.command(), result.date(), result.gateway(), result.machine());
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.0f", value);
  }
}
