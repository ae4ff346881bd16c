package dev.loragateway.openai;

import dev.loragateway.model.GatewayError;

/** What reading a request body came to: its facts, or the error to answer with. Immutable. */
public sealed interface PeekResult {

  /** The body is well-formed and names a model. Immutable. */
  record Found(RequestFacts facts) implements PeekResult {}

  /**
   * The body must not be forwarded. Immutable.
   *
   * @param error which answer to give
   * @param message what is wrong, where, and what was expected; holds no text of the body beyond
   *     one character
   */
  record Refused(GatewayError error, String message) implements PeekResult {}
}
