package dev.loragateway.proxy;

import dev.loragateway.model.Endpoint;
import java.util.concurrent.CompletionStage;

/** What the path of a request asks of the scrapes. Thread-safe. */
public interface ModelRefresh {
  /**
   * Asks every endpoint for its models; completes when all answered or gave up, never with an
   * error.
   */
  CompletionStage<?> refresh();

  /** Asks for a probe of an endpoint to which no connection could be made. */
  void probe(Endpoint endpoint);
}
