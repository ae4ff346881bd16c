package dev.loragateway.sim;

import java.time.Instant;

/** Unix time as vLLM prints it: seconds with a fraction. Immutable. */
final class UnixTime {
  private UnixTime() {}

  static double seconds(Instant instant) {
    return instant.getEpochSecond() + Math.floor(instant.getNano() / 1e3) / 1e6;
  }
}
