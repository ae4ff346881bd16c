package dev.loragateway.bench.overhead;

import java.time.Duration;

/**
 * How much is measured. Immutable.
 *
 * @param rounds in which the proxies take turns
 * @param seconds of a turn at many connections; half as many at one
 * @param warmUp requests to each proxy before a case's first turn
 * @param streams that are open at once
 * @param streamSeconds that each of them lasts
 */
record Settings(int rounds, int seconds, int warmUp, int streams, int streamSeconds) {
  /** Connections of a turn. */
  static final int CONNECTIONS = 32;

  /** Longest warm-up before a case's first turn, for slow proxies. */
  static final Duration LONGEST_WARM_UP = Duration.ofSeconds(8);

  Settings {
    atLeast("--rounds", rounds, 1);
    atLeast("--duration", seconds, 1);
    atLeast("--warm-up", warmUp, 0);
    atLeast("--streams", streams, 1);
  }

  /** Seconds of a turn at one connection. */
  int secondsAtOne() {
    return Math.max(1, seconds / 2);
  }

  private static void atLeast(String option, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(option + ": " + value + " (expected: >= " + least + ")");
    }
  }
}
