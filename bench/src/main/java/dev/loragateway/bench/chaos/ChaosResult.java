package dev.loragateway.bench.chaos;

import dev.loragateway.sim.SimFault;
import java.util.List;
import java.util.Map;

/**
 * What came of a run. Immutable.
 *
 * @param outcomes how many requests ended in each way
 * @param faults how often each was made
 * @param lost adapters that servers lost
 * @param samples memory and descriptors of the gateway over time
 * @param left gauges of the gateway that should be 0 when all is over, and are not
 */
record ChaosResult(
    String date,
    String command,
    String gateway,
    Map<Outcome, Long> outcomes,
    Map<SimFault, Integer> faults,
    int lost,
    List<Held> samples,
    List<String> left) {

  /**
   * What the gateway's process holds.
   *
   * @param second since the first request
   * @param rssMib resident memory
   * @param descriptors open files and sockets
   * @param liveMib what a collection leaves of the heap; NaN = not looked at
   */
  record Held(double second, double rssMib, int descriptors, double liveMib) {}

  long requests() {
    return outcomes.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Whether every request ended as it may, and nothing is left. */
  boolean good() {
    return left.isEmpty()
        && outcomes.entrySet().stream().allMatch(e -> e.getKey().honest() || e.getValue() == 0);
  }
}
