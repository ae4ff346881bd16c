package dev.loragateway.bench.routing;

/**
 * What a run measured, after its warm-up. Times are in milliseconds.
 *
 * @param measured requests that arrived
 * @param lateShare share of them whose first token came later than the objective, or never
 * @param aborted whether the run was given up, because it could not meet the objective any more
 * @param p50 time from arrival at the gateway to the first token there
 * @param worstAdapterP99 the highest p99 of an adapter with at least 50 answers
 * @param meanAdapterP99 the mean p99 of those
 * @param leastServed the smallest share answered of an adapter's requests, if those were 50 at
 *     least
 * @param mostWaiting requests that waited in one gateway at once
 * @param hitRate share of requests whose adapter was in a GPU slot when the server scheduled them
 * @param loadsPerRequest GPU slots filled per request
 * @param diskLoadsPerRequest loads from disk per request
 * @param evictionsPerSecond adapters that lost a GPU slot, over all servers
 * @param accuracy share of dispatches at which the gateway knew whether the adapter was in a GPU
 *     slot
 * @param failures requests that failed
 * @param throughput requests completed per second
 * @param requests all that were simulated
 * @param events all that happened
 * @param cpuSeconds processor time that the run took
 */
record RunResult(
    long measured,
    double lateShare,
    boolean aborted,
    double p50,
    double p95,
    double p99,
    double worstAdapterP99,
    double meanAdapterP99,
    double leastServed,
    int mostWaiting,
    double hitRate,
    double loadsPerRequest,
    double diskLoadsPerRequest,
    double evictionsPerSecond,
    double accuracy,
    long failures,
    double throughput,
    long requests,
    long events,
    double cpuSeconds) {

  boolean meetsObjective() {
    return !aborted && lateShare <= 0.01;
  }
}
