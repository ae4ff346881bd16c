package dev.loragateway.registry;

/** How an endpoint is chosen among the eligible ones. */
public enum RoutingPolicy {
  /** The lowest estimated delay plus the harm that a swap does to the requests in flight there. */
  LORA_AWARE("lora-aware"),
  /** Resident first, then the shortest swap queue, then the least load. */
  TIERED("tiered"),
  /** Always the same endpoint for a model, by rendezvous hash. */
  HASH("hash"),
  /** The fewest requests running, waiting and in flight. */
  LEAST_REQUEST("least-request"),
  ROUND_ROBIN("round-robin"),
  RANDOM("random");

  private final String label;

  RoutingPolicy(String label) {
    this.label = label;
  }

  /** The name used in the configuration. */
  public String label() {
    return label;
  }
}
