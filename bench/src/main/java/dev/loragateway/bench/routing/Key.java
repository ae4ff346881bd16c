package dev.loragateway.bench.routing;

/** One cell of the comparison. */
record Key(Fleet fleet, Workload workload, Policy policy, int gateways) {
  Key with(Policy other) {
    return new Key(fleet, workload, other, gateways);
  }
}
