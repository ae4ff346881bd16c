package dev.loragateway.model;

/** Where an endpoint holds an adapter's weights. */
public enum Residency {
  /** In a GPU slot: a request starts without a swap. */
  GPU,
  /** In host memory: a swap costs a copy over PCIe. */
  CPU,
  /** Known to the server by name, its weights on disk. */
  REGISTERED,
  /** The gateway cannot tell. */
  UNKNOWN
}
