package dev.loragateway.registry;

import java.time.Duration;

/**
 * How a pool chooses endpoints, and the start values of its cost estimate; where traffic teaches
 * better values, those replace them. Immutable.
 *
 * @param policy how the endpoint is chosen
 * @param maxNumSeqs batch places of an engine (vLLM's {@code --max-num-seqs}), at least 1
 * @param maxWaiting an endpoint with more requests waiting than this is saturated
 * @param maxKvCache an endpoint with a larger share of its KV cache in use is saturated, 0 to 1
 * @param maxInFlight an endpoint with this many of the gateway's requests is saturated; 0 = no cap
 * @param tokenTime start value of the time per output token
 * @param outputTokens start value of the output tokens per request, at least 1
 * @param cpuSwap start value of a swap from host memory to a GPU slot
 * @param diskSwap start value of a load from disk to a GPU slot; also the home penalty
 */
public record RoutingSettings(
    RoutingPolicy policy,
    int maxNumSeqs,
    int maxWaiting,
    double maxKvCache,
    int maxInFlight,
    Duration tokenTime,
    int outputTokens,
    Duration cpuSwap,
    Duration diskSwap) {

  public static final RoutingSettings DEFAULTS =
      new RoutingSettings(
          RoutingPolicy.LORA_AWARE,
          256,
          5,
          0.9,
          0,
          Duration.ofMillis(20),
          128,
          Duration.ofMillis(20),
          Duration.ofMillis(200));

  public RoutingSettings withPolicy(RoutingPolicy policy) {
    return new RoutingSettings(
        policy,
        maxNumSeqs,
        maxWaiting,
        maxKvCache,
        maxInFlight,
        tokenTime,
        outputTokens,
        cpuSwap,
        diskSwap);
  }
}
