package dev.loragateway.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** Adapters as a table for people. Immutable. */
final class AdapterTable {
  private static final List<String> HEAD =
      List.of("NAME", "PHASE", "READY", "REPLICAS", "ORIGIN", "MESSAGE");

  private static final String GAP = "  ";
  private static final int LEAST = 12;

  private final List<List<String>> rows = new ArrayList<>();

  /** A table of what {@code /api/adapters} lists. */
  AdapterTable(JsonNode adapters) {
    rows.add(HEAD);
    for (JsonNode one : adapters) {
      rows.add(
          List.of(
              one.path("name").asText(),
              one.path("phase").asText(),
              one.path("ready").asText() + "/" + one.path("desired").asText(),
              one.path("replicas").asText(),
              one.path("origin").asText(),
              one.hasNonNull("message") ? one.path("message").asText() : ""));
    }
  }

  /**
   * Its lines; the last column is cut where they would be longer than {@code width}, then names.
   */
  List<String> lines(int width) {
    int[] columns = new int[HEAD.size()];
    for (List<String> row : rows) {
      for (int i = 0; i < columns.length; i++) {
        columns[i] = Math.max(columns[i], row.get(i).length());
      }
    }
    int last = columns.length - 1;
    columns[last] = shrunk(columns, last, width);
    columns[0] = shrunk(columns, 0, width);
    return rows.stream().map(row -> line(row, columns)).toList();
  }

  /** How wide a column may be so that all together fit, but not less than what can be read. */
  private static int shrunk(int[] columns, int which, int width) {
    long all = (long) GAP.length() * (columns.length - 1);
    for (int column : columns) {
      all += column;
    }
    long excess = Math.max(0, all - width);
    return (int) Math.max(Math.min(LEAST, columns[which]), columns[which] - excess);
  }

  private static String line(List<String> row, int[] columns) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < columns.length; i++) {
      String text = cut(row.get(i), columns[i]);
      line.append(text).repeat(" ", columns[i] - text.length()).append(GAP);
    }
    return line.toString().stripTrailing();
  }

  private static String cut(String text, int width) {
    return text.length() <= width ? text : text.substring(0, width - 1) + "…";
  }
}
