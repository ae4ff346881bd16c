package dev.loragateway.bench.routing;

import dev.loragateway.registry.QueueSettings;
import dev.loragateway.registry.RoutingSettings;
import java.time.Duration;
import java.util.Map;

/**
 * One run: everything that its outcome depends on. Immutable.
 *
 * @param policy under test
 * @param workload what is asked for
 * @param fleet the servers
 * @param model what they are like
 * @param routing start values of the gateway's estimates
 * @param queue of the gateway, where its policy waits
 * @param gateways how many gateway instances share the traffic, unknown to each other
 * @param rate requests per second
 * @param seconds for which requests arrive
 * @param warmup seconds at the beginning that are not measured
 * @param seed of arrivals and of chance
 */
record RunSpec(
    Policy policy,
    Workload workload,
    Fleet fleet,
    ServerModel model,
    RoutingSettings routing,
    QueueSettings queue,
    int gateways,
    double rate,
    double seconds,
    double warmup,
    long seed) {

  /** The longest acceptable time to the first token at the 99th percentile, in milliseconds. */
  static final double SLO_MS = 500;

  /** No run is made longer than this to measure enough requests. */
  private static final double MAX_SECONDS = 2000;

  RunSpec withRate(double rate) {
    return new RunSpec(
        policy, workload, fleet, model, routing, queue, gateways, rate, seconds, warmup, seed);
  }

  /** Lasts until about so many requests are measured, but no shorter than it would anyway. */
  RunSpec lasting(int requests) {
    double longer = Math.max(seconds, Math.min(MAX_SECONDS, warmup + requests / rate));
    return new RunSpec(
        policy, workload, fleet, model, routing, queue, gateways, rate, longer, warmup, seed);
  }

  RunSpec withFleet(Fleet fleet) {
    return new RunSpec(
        policy, workload, fleet, model, routing, queue, gateways, rate, seconds, warmup, seed);
  }

  RunSpec withModel(ServerModel model) {
    return new RunSpec(
        policy, workload, fleet, model, routing, queue, gateways, rate, seconds, warmup, seed);
  }

  RunSpec withWorkload(Workload workload) {
    return new RunSpec(
        policy, workload, fleet, model, routing, queue, gateways, rate, seconds, warmup, seed);
  }

  /** Requests that would wait longer in the gateway are refused. */
  RunSpec withQueueTimeout(Duration timeout) {
    QueueSettings bounded = Overrides.apply(queue, Map.of("timeout", timeout.toMillis() + "ms"));
    return new RunSpec(
        policy, workload, fleet, model, routing, bounded, gateways, rate, seconds, warmup, seed);
  }

  int adapters() {
    return workload.adapters() > 0 ? workload.adapters() : fleet.adapters();
  }

  /** Requests per second that fill every batch place, were there nothing but decoding. */
  double capacity() {
    double answerSeconds = workload.outputMean() * model.stepMs() / 1000;
    return fleet.endpoints() * model.maxNumSeqs() / answerSeconds;
  }
}
