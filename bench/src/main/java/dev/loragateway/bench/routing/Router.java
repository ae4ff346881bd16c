package dev.loragateway.bench.routing;

import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.routing.Pick;

/** A routing policy under test. */
interface Router {
  /**
   * Chooses an endpoint for the request and reserves a place there, or lets the request wait: then
   * {@link Gateway#settle} is called later.
   */
  Pick route(Request request, String model, PoolSnapshot pool);

  /** A request ended or a scrape came in, so that there may be a place. */
  default void changed() {}

  /** Requests that wait. */
  default int waiting() {
    return 0;
  }
}
