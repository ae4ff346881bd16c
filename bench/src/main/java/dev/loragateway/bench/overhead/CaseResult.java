package dev.loragateway.bench.overhead;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All turns of a case, which were taken in one run. Immutable.
 *
 * @param name of the case
 * @param date when it was measured
 * @param command that measured it
 * @param machine where
 * @param settings how much
 * @param proxies what was compared, in order: versions by name
 * @param skipped why others were not: reasons by name
 * @param turns in order of time
 */
record CaseResult(
    String name,
    String date,
    String command,
    Machine machine,
    Settings settings,
    Map<String, String> proxies,
    Map<String, String> skipped,
    List<Turn> turns) {
  CaseResult {
    proxies = new LinkedHashMap<>(proxies);
    skipped = new LinkedHashMap<>(skipped);
    turns = List.copyOf(turns);
  }

  /** The median over the rounds; not a number where it was not measured. */
  double median(String proxy, Figure figure) {
    double[] values =
        turns.stream()
            .filter(turn -> turn.proxy().equals(proxy))
            .map(turn -> turn.figures().getOrDefault(figure, Double.NaN))
            .mapToDouble(Double::doubleValue)
            .filter(value -> !Double.isNaN(value))
            .sorted()
            .toArray();
    int half = values.length / 2;
    return values.length == 0
        ? Double.NaN
        : values.length % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  }

  /** The sum over the rounds. */
  double sum(String proxy, Figure figure) {
    return turns.stream()
        .filter(turn -> turn.proxy().equals(proxy))
        .mapToDouble(turn -> turn.figures().getOrDefault(figure, 0.0))
        .sum();
  }

  /** How far apart the rounds are, as a share of their median. */
  double spread(String proxy, Figure figure) {
    double[] values =
        turns.stream()
            .filter(turn -> turn.proxy().equals(proxy) && turn.figures().containsKey(figure))
            .mapToDouble(turn -> turn.figures().getOrDefault(figure, 0.0))
            .toArray();
    double most = Arrays.stream(values).max().orElse(Double.NaN);
    double least = Arrays.stream(values).min().orElse(Double.NaN);
    return (most - least) / median(proxy, figure);
  }
}
