package dev.loragateway.bench.scraping;

import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * What scraping takes. Immutable.
 *
 * @param cores of processor time for each second
 * @param megabytes allocated for each second, 10^6 bytes
 * @param scrapes for each second
 * @param threads the cores by the threads' names
 */
record Cost(double cores, double megabytes, double scrapes, Map<String, Double> threads) {
  Cost {
    threads = Map.copyOf(threads);
  }

  /** The one with the median processor time, of an even number the dearer one. */
  static Cost median(List<Cost> costs) {
    return costs.stream()
        .sorted(Comparator.comparingDouble(Cost::cores))
        .toList()
        .get(costs.size() / 2);
  }

  double cpuMicrosPerScrape() {
    return 1e6 * cores / scrapes;
  }

  double kilobytesPerScrape() {
    return 1e3 * megabytes / scrapes;
  }
}
