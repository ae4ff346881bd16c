package dev.loragateway.scrape;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The newest series of {@code vllm:lora_requests_info}. A series' value is the Unix time in seconds
 * at which it was last true; vLLM never removes the older ones. Confined to the thread that parses.
 */
final class LoraActivity {
  /**
   * No clock shows this (it is in 2065): the server sums the times of several API processes, and a
   * sum does not say which series is the newest.
   */
  private static final double SUMMED_TIMES = 3e9;

  private @Nullable Set<String> newest;
  private double newestTime = Double.NEGATIVE_INFINITY;
  private int maxLora;

  void add(Labels labels, double value) {
    double time = Double.isNaN(value) ? Double.NEGATIVE_INFINITY : value;
    if (newest != null && time < newestTime) {
      return;
    }
    Set<String> names = new HashSet<>();
    addNames(names, labels.getOrEmpty("running_lora_adapters"));
    addNames(names, labels.getOrEmpty("waiting_lora_adapters"));
    if (newest == null || time > newestTime || names.size() > newest.size()) {
      newest = names;
      newestTime = time;
      maxLora = slots(labels.getOrEmpty("max_lora"));
    }
  }

  /** GPU slots for adapters; 0 when not reported. */
  int maxLora() {
    return maxLora;
  }

  /** Adapters with requests running or waiting, or null when that is not known. */
  @Nullable Set<String> active() {
    return newest == null || newestTime > SUMMED_TIMES ? null : Set.copyOf(newest);
  }

  private static void addNames(Set<String> names, String list) {
    int from = 0;
    while (from < list.length()) {
      int comma = list.indexOf(',', from);
      int to = comma < 0 ? list.length() : comma;
      String name = list.substring(from, to).strip();
      if (!name.isEmpty()) {
        names.add(name);
      }
      from = to + 1;
    }
  }

  private static int slots(String label) {
    try {
      return Math.max(0, Integer.parseInt(label.strip()));
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
