package dev.loragateway.config;

import java.util.HashMap;
import java.util.Map;

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
    avoid(name, path, line);
    places.putIfAbsent(name, path);
  }

  /** A place uses a name without taking it; one that is taken is a mistake. */
  void avoid(String name, String path, int line) {
    String first = places.get(name);
    if (first != null) {
      findings.error(
          path,
          line,
          Text.quote(name) + " is taken by " + first + " already (expected: " + expected + ")");
    }
  }
}
