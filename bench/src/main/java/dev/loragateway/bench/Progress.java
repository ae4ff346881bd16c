package dev.loragateway.bench;

import java.util.Locale;

/**
 * A bar on standard error that tells how much is done and how long the rest may take. Thread-safe.
 */
public final class Progress {
  private static final int WIDTH = 30;

  /** Steps in which it is shown where the output is no terminal. */
  private static final int STEPS = 12;

  private final double total;
  private final boolean terminal = System.console() != null && System.console().isTerminal();
  private final long began = System.nanoTime();
  private double done;
  private int shown = -1;

  /** Shows the progress towards {@code total}, in any unit. */
  public Progress(double total) {
    this.total = total;
  }

  /** So much more is done. */
  public synchronized void add(double more) {
    at(done + more, "");
  }

  /** So much is done, and {@code name} is under way. */
  public synchronized void at(double now, String name) {
    done = now;
    double part = now / total;
    int step = (int) (part * (terminal ? 1000 : STEPS) + 1e-9);
    if (step == shown) {
      return;
    }
    shown = step;
    double seconds = (System.nanoTime() - began) / 1e9;
    int filled = (int) (WIDTH * part + 1e-9);
    System.err.printf(
        Locale.ROOT,
        "%s[%s%s] %3.0f%%  %-13s %3.0f s%-20s %s",
        terminal ? "\r" : "",
        "#".repeat(filled),
        ".".repeat(WIDTH - filled),
        100 * part,
        name,
        seconds,
        left(part, seconds),
        terminal && part < 1 - 1e-9 ? "" : "\n");
  }

  private static String left(double part, double seconds) {
    return part < 0.01
        ? ""
        : String.format(Locale.ROOT, ", about %.0f s left", seconds * (1 - part) / part);
  }
}
