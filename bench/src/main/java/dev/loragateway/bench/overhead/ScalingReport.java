package dev.loragateway.bench.overhead;

import dev.loragateway.bench.Results;
import dev.loragateway.bench.Table;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Writes down what a second event loop brings. Immutable.
 *
 * @param rates whether rates are compared, or processor times
 * @param results a case each
 */
record ScalingReport(boolean rates, List<CaseResult> results) {
  static final String ONE = "1 loop";
  static final String TWO = "2 loops";

  ScalingReport {
    results = List.copyOf(results);
  }

  ScalingReport and(CaseResult result) {
    List<CaseResult> more = new ArrayList<>(results);
    more.add(result);
    return new ScalingReport(rates, more);
  }

  /** How many times as much two loops do as one. */
  double factor(CaseResult result) {
    return rates
        ? result.median(TWO, Figure.RATE) / result.median(ONE, Figure.RATE)
        : 2 * result.median(ONE, Figure.CPU_MICROS) / result.median(TWO, Figure.CPU_MICROS);
  }

  double failed() {
    return results.stream()
        .mapToDouble(r -> r.sum(ONE, Figure.FAILED) + r.sum(TWO, Figure.FAILED))
        .sum();
  }

  void write(Path directory) throws IOException {
    Results.write(directory, "scaling.json", results, text());
  }

  String text() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of(
            "case", "CPU us: 1 loop", "spread", "2 loops", "spread", "requests/s", "", "factor"));
    for (CaseResult r : results) {
      rows.add(
          List.of(
              r.name(),
              number("%.1f", r.median(ONE, Figure.CPU_MICROS)),
              number("%.0f%%", 100 * r.spread(ONE, Figure.CPU_MICROS)),
              number("%.1f", r.median(TWO, Figure.CPU_MICROS)),
              number("%.0f%%", 100 * r.spread(TWO, Figure.CPU_MICROS)),
              number("%.0f", r.median(ONE, Figure.RATE)),
              number("%.0f", r.median(TWO, Figure.RATE)),
              number("%.2f", factor(r))));
    }
    CaseResult first = results.getFirst();
    return "# What a second event loop brings\n\n%s\n\n%s\nMedians of %d rounds of %d s. `%s`, %s. %s.\n"
        .formatted(
            rates ? MEASURED : FOLLOWS,
            Table.of(rows),
            first.settings().rounds(),
            first.settings().seconds(),
            first.command(),
            first.date(),
            first.machine().text());
  }

  private static final String MEASURED =
      "Measured: the rate of two loops on two cores, as a multiple of that of one on one; client"
          + " and stub have cores of their own.";

  private static final String FOLLOWS =
      """
      It follows from processor time: 2 x the time for a request on one loop and one core / that on two loops and two cores.
      Client and stub share the cores with the gateway, so rates say nothing; what each loop costs the other is in the processor time.\
      """;

  private static String number(String pattern, double value) {
    return String.format(Locale.ROOT, pattern, value);
  }
}
