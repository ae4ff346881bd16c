package dev.loragateway.sim;

import org.jspecify.annotations.Nullable;

/**
 * One request inside the engine. Confined to the engine thread, except the fields marked volatile.
 */
final class EngineRequest {
  /** Told about each token, on the engine thread. */
  interface TokenListener {
    void token(int index, boolean last);
  }

  final @Nullable SimAdapter adapter;
  final int promptTokens;
  final int outputTokens;

  /** Whether the client set the number of tokens, so that it is the limit that ends the answer. */
  final boolean limited;

  final TokenListener listener;

  /** Set once by whoever loses interest; the engine drops the request before its next step. */
  volatile boolean aborted;

  /** Where the adapter's weights were at the first step; null before it and for the base model. */
  volatile SimRequest.@Nullable Level level;

  int generated;
  boolean deferred;
  long arrived;
  long scheduled;
  long firstToken;
  long lastToken;

  EngineRequest(
      @Nullable SimAdapter adapter,
      int promptTokens,
      int outputTokens,
      boolean limited,
      TokenListener listener) {
    this.adapter = adapter;
    this.promptTokens = promptTokens;
    this.outputTokens = outputTokens;
    this.limited = limited;
    this.listener = listener;
  }

  int kvTokens() {
    return promptTokens + generated;
  }
}
