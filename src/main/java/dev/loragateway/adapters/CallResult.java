package dev.loragateway.adapters;

/** How a server answered a request of the control plane. */
public sealed interface CallResult {
  /** As asked, or it had been so before. */
  record Done() implements CallResult {}

  /** It will not, however often it is asked; {@code reason} is what it said. */
  record Refused(String reason) implements CallResult {}

  /**
   * It did not this time.
   *
   * @param answered whether it said so itself
   */
  record Failed(String reason, boolean answered) implements CallResult {}
}
