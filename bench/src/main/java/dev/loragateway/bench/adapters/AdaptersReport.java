package dev.loragateway.bench.adapters;

import dev.loragateway.bench.Results;
import dev.loragateway.bench.Table;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Writes a run down, as JSON and as Markdown. Immutable. */
record AdaptersReport(AdaptersResult result) {
  void write(Path directory) throws IOException {
    Results.write(directory, "adapters.json", result, text());
  }

  String text() {
    return """
    # Loading adapters

    %d adapters over %d simulated servers whose loads take %d ms, two at a time. The control plane looks at the files, plans,
    loads, asks for the first token, and then lets requests come.

    %s
    `%s`, %s, gateway %s. %s.
    """
        .formatted(
            result.adapters(),
            result.endpoints(),
            result.loadMillis(),
            Table.of(
                List.of(
                    List.of("measure", "found", "bar"),
                    List.of(
                        "from the start until all are ready",
                        seconds(result.readySeconds()),
                        "30 s"),
                    List.of(
                        "first request to each that failed", requests(result.firstRequests()), "0"),
                    List.of(
                        "from the death of an endpoint until all are ready elsewhere",
                        seconds(result.failoverSeconds()),
                        "5 s"),
                    List.of(
                        "requests around that death that failed", requests(result.during()), "0"),
                    List.of(
                        "p99 of a load, all endpoints answer", millis(result.usualP99Millis()), ""),
                    List.of(
                        "the same at the others while one hangs",
                        millis(result.besideHangP99Millis()),
                        "1.1 times that"))),
            result.command(),
            result.date(),
            result.gateway(),
            result.machine());
  }

  private static String seconds(double value) {
    return String.format(Locale.ROOT, "%.1f s", value);
  }

  private static String millis(double value) {
    return String.format(Locale.ROOT, "%.0f ms", value);
  }

  private static String requests(AdaptersResult.Requests requests) {
    return requests.failed() + " of " + requests.sent();
  }
}
