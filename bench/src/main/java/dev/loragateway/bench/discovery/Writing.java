package dev.loragateway.bench.discovery;

/**
 * What annotating pods took. Immutable.
 *
 * @param patches that were done
 * @param failed patches
 * @param seconds in which they were
 * @param cpuSeconds of the process in that time
 */
record Writing(int patches, int failed, double seconds, double cpuSeconds) {
  double perSecond() {
    return patches / seconds;
  }

  double cpuMsPerPatch() {
    return 1e3 * cpuSeconds / patches;
  }

  /** Percent of a core. */
  double cpuPercent() {
    return 100 * cpuSeconds / seconds;
  }
}
