package dev.loragateway.bench.scraping;

import java.util.Map;
import java.util.TreeMap;

/**
 * What the gateway has used since it started. Immutable.
 *
 * @param at when, as {@link System#nanoTime}
 * @param cpuSeconds of all threads, user's and system's
 * @param allocatedBytes in the heap, by all threads
 * @param scrapes metrics pages read
 * @param threads processor time by the threads' names
 */
record Usage(
    long at,
    double cpuSeconds,
    double allocatedBytes,
    double scrapes,
    Map<String, Double> threads) {
  Usage {
    threads = Map.copyOf(threads);
  }

  /** What was used for each second since then. */
  Cost since(Usage before) {
    double seconds = (at - before.at) / 1e9;
    Map<String, Double> shares = new TreeMap<>();
    threads.forEach(
        (name, used) ->
            shares.put(name, (used - before.threads.getOrDefault(name, 0.0)) / seconds));
    return new Cost(
        (cpuSeconds - before.cpuSeconds) / seconds,
        (allocatedBytes - before.allocatedBytes) / 1e6 / seconds,
        (scrapes - before.scrapes) / seconds,
        shares);
  }
}
