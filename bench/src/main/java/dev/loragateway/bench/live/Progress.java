package dev.loragateway.bench.live;

import java.util.Locale;

/**
 * A bar on standard error that tells how much is done and how long the rest may take. Confined to
 * one thread.
 */
final class Progress {
  private static final int WIDTH = 30;

  /** Steps in which it is shown where the output is no terminal. */
  private static final int STEPS = 12;

  private final int runs;
  private final boolean terminal = System.console() != null && System.console().isTerminal();
  private final long began = System.nanoTime();
  private int run;
  private String name = "";
  private int shown = -1;

  Progress(int runs) {
    this.runs = runs;
  }

  /** The next run begins. */
  void begin(String policy) {
    name = policy;
    at(0);
  }

  /** So much of the current run is done, from 0 to 1. */
  void at(double part) {
    double done = (run + part) / runs;
    int step = (int) (done * (terminal ? 1000 : STEPS) + 1e-9);
    if (step == shown) {
      return;
    }
    shown = step;
    double seconds = (System.nanoTime() - began) / 1e9;
    int filled = (int) (WIDTH * done + 1e-9);
    System.err.printf(
        Locale.ROOT,
        "%s[%s%s] %3.0f%%  %-13s %3.0f s%-20s %s",
        terminal ? "\r" : "",
        "#".repeat(filled),
        ".".repeat(WIDTH - filled),
        100 * done,
        name,
        seconds,
        left(done, seconds),
        terminal ? "" : "\n");
  }

  private static String left(double done, double seconds) {
    return done < 0.01
        ? ""
        : String.format(Locale.ROOT, ", about %.0f s left", seconds * (1 - done) / done);
  }

  /** The current run is over. */
  void end() {
    at(1);
    run++;
    if (terminal && run == runs) {
      System.err.println();
    }
  }
}
