package dev.loragateway.routing;

import dev.loragateway.model.Residency;

/** Why an endpoint was chosen: the state of the adapter there at the dispatch. */
public enum Tier {
  /** The request needs no adapter. */
  BASE("base"),
  /** The adapter was in a GPU slot: a hit. */
  RESIDENT("resident"),
  /** The adapter had to be loaded first, or was being loaded. */
  SWAP("swap"),
  /** The swap state was unknown: the least loaded endpoint. */
  LOAD("load"),
  /** The request had waited in the gateway, whatever the adapter's state was then. */
  QUEUE("queue");

  private final String label;

  Tier(String label) {
    this.label = label;
  }

  /** The tier of a request for an adapter. */
  static Tier of(Residency level, boolean resident) {
    if (level == Residency.UNKNOWN) {
      return LOAD;
    }
    return resident ? RESIDENT : SWAP;
  }

  /** The value of {@code x-gateway-tier} and of the {@code tier} tag. */
  public String label() {
    return label;
  }
}
