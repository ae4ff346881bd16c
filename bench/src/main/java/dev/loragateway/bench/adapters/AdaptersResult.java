package dev.loragateway.bench.adapters;

/**
 * What came of a run. Immutable.
 *
 * @param adapters that were declared
 * @param endpoints over which they were spread
 * @param loadMillis that a load takes at a server
 * @param readySeconds from the gateway's start until all were ready
 * @param firstRequests sent to each adapter right after it was ready, and how many of them failed
 * @param failoverSeconds from the death of an endpoint until all were ready elsewhere
 * @param during requests sent while it died, and how many failed
 * @param usualP99Millis 99th percentile of the loads while all endpoints answer
 * @param besideHangP99Millis the same at the others while one endpoint answers nothing
 */
record AdaptersResult(
    String date,
    String command,
    String machine,
    String gateway,
    int adapters,
    int endpoints,
    int loadMillis,
    double readySeconds,
    Requests firstRequests,
    double failoverSeconds,
    Requests during,
    double usualP99Millis,
    double besideHangP99Millis) {

  /** Requests, and those that were not answered with 200. Immutable. */
  record Requests(int sent, int failed) {}

  /** Whether it was as fast as it should be and nothing failed. */
  boolean good() {
    return readySeconds < 30
        && failoverSeconds < 5
        && firstRequests.failed() == 0
        && during.failed() == 0
        && besideHangP99Millis <= 1.1 * usualP99Millis;
  }
}
