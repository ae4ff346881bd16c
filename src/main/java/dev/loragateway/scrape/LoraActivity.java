package dev.loragateway.scrape;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What {@code vllm:lora_requests_info} tells. A series' value is the Unix time in seconds at which
 * it was last true; vLLM never removes the older ones. So the newest series tells which adapters
 * have requests now, and all of them together when each adapter last had one. Confined to the
 * thread that parses.
 */
final class LoraActivity {
  /**
   * No clock shows this (it is in 2065): the server sums the times of several API processes, and a
   * sum does not say which series is the newest.
   */
  private static final double SUMMED_TIMES = 3e9;

  private Set<String> newest = Set.of();
  private boolean any;
  private double newestTime = Double.NEGATIVE_INFINITY;
  private final Map<String, Double> lastActive = new HashMap<>();
  private int maxLora;

  void add(Labels labels, double value) {
    double time = Double.isNaN(value) ? Double.NEGATIVE_INFINITY : value;
    Set<String> names = new HashSet<>();
    addNames(names, labels.getOrEmpty("running_lora_adapters"));
    addNames(names, labels.getOrEmpty("waiting_lora_adapters"));
    names.forEach(name -> lastActive.merge(name, time, Math::max));
    boolean newer = time > newestTime || (time == newestTime && names.size() > newest.size());
    if (!any || newer) {
      any = true;
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
    return !any || newestTime > SUMMED_TIMES ? null : Set.copyOf(newest);
  }

  /** For how long each adapter has had no request; empty when the times cannot be told. */
  Map<String, Double> idleSeconds(double now) {
    if (newestTime > SUMMED_TIMES || Double.isInfinite(newestTime)) {
      return Map.of();
    }
    Map<String, Double> idle = new HashMap<>();
    lastActive.forEach((name, time) -> idle.put(name, Math.max(0, now - time)));
    return Map.copyOf(idle);
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
