package dev.loragateway.model;

/** Whether an endpoint may be picked. */
public enum Health {
  UP,
  DOWN,
  /** Taken out for a while because its answers failed. */
  EJECTED,
  /** Not probed yet. */
  UNKNOWN
}
