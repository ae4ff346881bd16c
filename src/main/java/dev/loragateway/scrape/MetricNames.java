package dev.loragateway.scrape;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Metric names that are found by their bytes, so that looking makes no garbage. Immutable. */
final class MetricNames {
  /** By their lengths, which hardly any two share. */
  private final List<List<String>> byLength;

  private MetricNames(List<List<String>> byLength) {
    this.byLength = byLength;
  }

  /** A set of names in ASCII. */
  static MetricNames of(String... names) {
    List<List<String>> byLength = new ArrayList<>();
    for (String name : names) {
      while (byLength.size() <= name.length()) {
        byLength.add(new ArrayList<>());
      }
      byLength.get(name.length()).add(name);
    }
    return new MetricNames(byLength.stream().map(List::copyOf).toList());
  }

  /** The name that stands in the page, or null if it is none of these. */
  @Nullable String find(byte[] page, int from, int to) {
    if (to - from < byLength.size()) {
      List<String> candidates = byLength.get(to - from);
      for (int i = 0; i < candidates.size(); i++) {
        if (standsAt(from, page, candidates.get(i))) {
          return candidates.get(i);
        }
      }
    }
    return null;
  }

  /** Compared from the end, since many begin alike. */
  private static boolean standsAt(int from, byte[] page, String name) {
    int i = name.length() - 1;
    while (i >= 0 && page[from + i] == name.charAt(i)) {
      i--;
    }
    return i < 0;
  }
}
