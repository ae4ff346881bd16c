package dev.loragateway.bench.routing;

import java.util.Locale;

/**
 * A bar on standard error that tells how much is done and how long the rest may take. Thread-safe.
 */
final class Progress {
  private static final int WIDTH = 30;

  private final double total;
  private final boolean terminal = System.console() != null && System.console().isTerminal();
  private final long began = System.nanoTime();
  private double done;
  private int shown = -1;

  Progress(double total) {
    this.total = total;
  }

  synchronized void done(double weight) {
    done += weight;
    int part = (int) (WIDTH * done / total + 1e-9);
    if (!terminal && part / 3 == shown / 3 && shown >= 0) {
      return;
    }
    shown = part;
    double seconds = (System.nanoTime() - began) / 1e9;
    System.err.printf(
        Locale.ROOT,
        "%s[%s%s] %3.0f%%  %3.0f s, about %.0f s left %s",
        terminal ? "\r" : "",
        "#".repeat(part),
        ".".repeat(WIDTH - part),
        100 * done / total,
        seconds,
        seconds * (total - done) / Math.max(done, 1e-9),
        terminal ? "" : "\n");
    if (terminal && done >= total - 1e-9) {
      System.err.println();
    }
  }
}
