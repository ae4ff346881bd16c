package dev.loragateway.bench.routing;

import dev.loragateway.registry.QueueSettings;
import dev.loragateway.registry.RoutingSettings;
import java.util.List;

/**
 * What to compare. Immutable.
 *
 * @param policies compared
 * @param workloads each
 * @param fleets on each
 * @param model what the servers are like
 * @param routing start values of the gateway's estimates
 * @param queue of the gateway
 * @param gateways instances
 * @param seconds shortest length of a run
 * @param requests measured in a run, so that slow fleets are run longer
 * @param tolerance of the searched rate
 * @param seed the first
 * @param seeds of which the median is taken
 * @param threads at work
 * @param scaling whether the numbers of gateways and of endpoints are compared, too
 */
record Options(
    List<Policy> policies,
    List<Workload> workloads,
    List<Fleet> fleets,
    ServerModel model,
    RoutingSettings routing,
    QueueSettings queue,
    int gateways,
    double seconds,
    int requests,
    double tolerance,
    long seed,
    int seeds,
    int threads,
    boolean scaling) {

  /** Seconds before anything is measured. */
  static final double WARMUP = 10;

  /** The run of a cell; its rate is still to be set. */
  RunSpec spec(Key key, long seed) {
    return new RunSpec(
        key.policy(),
        key.workload(),
        key.fleet(),
        model,
        routing,
        queue,
        key.gateways(),
        1,
        seconds,
        WARMUP,
        seed);
  }
}
