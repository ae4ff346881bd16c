package dev.loragateway.bench.siege;

import java.util.List;

/** What came of a run. Immutable. */
record SiegeResult(
    String date, String command, String machine, String gateway, List<Phase> phases) {
  /**
   * One kind of client, and what others felt while it was there and right before.
   *
   * @param name what these clients do
   * @param connections how many they were
   * @param before without them
   * @param during with them
   * @param rssMib resident memory of the gateway at the end of it
   * @param descriptors open files and sockets of the gateway then
   */
  record Phase(
      String name,
      int connections,
      Neighbours.Felt before,
      Neighbours.Felt during,
      double rssMib,
      int descriptors) {
    /** The median with them, as a multiple of that without. */
    double factor() {
      return during.p50Micros() / before.p50Micros();
    }
  }

  /** Whether everybody else was served, at most a fifth slower. */
  boolean good() {
    return phases.stream().allMatch(p -> p.during().failed() == 0 && p.factor() <= 1.2);
  }
}
