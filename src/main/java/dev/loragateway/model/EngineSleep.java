package dev.loragateway.model;

/** Whether a server's engine runs requests, as the server tells. */
public enum EngineSleep {
  /** It does not tell. */
  UNKNOWN,
  AWAKE,
  /** Its weights are in host memory, adapters' included: one call wakes it. */
  ASLEEP,
  /** It is paused or its weights are gone; only whoever did that knows how to go on. */
  SUSPENDED
}
