package dev.loragateway.model;

/** Whether an endpoint may be picked. */
public enum Health {
  UP,
  DOWN,
  /** Taken out for a while because its answers failed. */
  EJECTED,
  /** Its engine sleeps: what is sent there waits until somebody wakes it. */
  ASLEEP,
  /** Not probed yet. */
  UNKNOWN
}
