package dev.loragateway.bench.live;

import dev.loragateway.sim.SimSettings;
import java.time.Duration;
import java.util.stream.IntStream;

/**
 * The simulated servers. Immutable.
 *
 * @param endpoints servers
 * @param slots GPU slots of each
 * @param cpuSlots CPU slots of each
 * @param places batch places of each
 * @param uneven whether every other server reads adapters from a disk ten times as slow
 */
record Fleet(int endpoints, int slots, int cpuSlots, int places, boolean uneven) {
  /** Time of a token, vLLM's with a model of 7 to 8 billion parameters. */
  static final Duration TOKEN_TIME = Duration.ofMillis(20);

  private static final long DISK = 2_000_000_000L;
  private static final long SLOW_DISK = DISK / 10;

  /** Settings of one server. */
  SimSettings settings(int endpoint, int adapters) {
    return SimSettings.of(
            "base", IntStream.range(0, adapters).mapToObj(Load::adapter).toArray(String[]::new))
        .withSlots(slots, cpuSlots)
        .withMaxNumSeqs(places)
        .withDiskBytesPerSecond(uneven && endpoint % 2 == 1 ? SLOW_DISK : DISK)
        .withTokenTime(TOKEN_TIME);
  }
}
