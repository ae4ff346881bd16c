package dev.loragateway.adapters;

/** What becomes of an adapter at one endpoint. */
public enum CopyState {
  /** It is being loaded, or asked for its first token. */
  LOADING,
  /** It answered there, and requests go to it. */
  READY,
  /** It could not be loaded; another try comes unless the reason is lasting. */
  FAILED,
  /** It is not wanted there any more, and serves what it has begun. */
  DRAINING
}
