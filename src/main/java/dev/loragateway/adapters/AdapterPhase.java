package dev.loragateway.adapters;

/** How an adapter fares as a whole. */
public enum AdapterPhase {
  /** It is nowhere yet, since nothing has been tried or nothing fits. */
  PENDING,
  /** It is being loaded for the first time. */
  LOADING,
  /** As many endpoints as should have it. */
  READY,
  /** Fewer than that, but it is served. */
  DEGRADED,
  /** Loaded nowhere for want of demand; the first request loads it. */
  ARCHIVED,
  /** It could not be loaded anywhere; another try comes. */
  FAILED,
  /** Its files, its name or its base model cannot be served as they are. */
  REFUSED
}
