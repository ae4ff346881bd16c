package dev.loragateway.bench.discovery;

import java.util.Map;

/**
 * CPU over a period in which nothing changed, in percent of a core. Immutable.
 *
 * @param threads of which by threads
 */
record Quiet(double percent, Map<String, Double> threads) {
  Quiet {
    threads = Map.copyOf(threads);
  }
}
