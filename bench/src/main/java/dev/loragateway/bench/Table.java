package dev.loragateway.bench;

import java.util.List;

/** Writes tables in Markdown. Stateless. */
public final class Table {
  private Table() {}

  /** The first row is the head; the first column is aligned left, the others right. */
  public static String of(List<List<String>> rows) {
    int columns = rows.getFirst().size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (int r = 0; r < rows.size(); r++) {
      for (int i = 0; i < columns; i++) {
        String cell = rows.get(r).get(i);
        String pad = " ".repeat(widths[i] - cell.length());
        text.append("| ").append(i == 0 ? cell + pad : pad + cell).append(' ');
      }
      text.append("|\n");
      if (r == 0) {
        for (int i = 0; i < columns; i++) {
          String line = "-".repeat(widths[i] + 1);
          text.append('|').append(i == 0 ? line + '-' : line + ':');
        }
        text.append("|\n");
      }
    }
    return text.toString();
  }
}
