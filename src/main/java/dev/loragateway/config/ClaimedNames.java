package dev.loragateway.config;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Names that may occur once in a file. Confined to the reading thread. */
final class ClaimedNames {
  private final Map<String, String> places = new HashMap<>();
  private final String expected;
  private final Findings findings;

  ClaimedNames(String expected, Findings findings) {
    this.expected = expected;
    this.findings = findings;
  }

  /** Takes a name for a place; a second place is a mistake. */
  void claim(String name, String path, int line) {
    report(places.putIfAbsent(name, path), name, path, line);
  }

  /** Reports a name that is taken, without taking it: several places may have it. */
  void check(String name, String path, int line) {
    report(places.get(name), name, path, line);
  }

  private void report(@Nullable String first, String name, String path, int line) {
    if (first != null) {
      findings.error(
          path,
          line,
          Text.quote(name) + " is taken by " + first + " already (expected: " + expected + ")");
    }
  }
}
