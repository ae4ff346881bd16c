package dev.loragateway.bench.routing;

import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.routing.Pick;

/** A routing policy under test. */
interface Router {
  /** Chooses an endpoint for the request and reserves a place there. */
  Pick route(Request request, String model, PoolSnapshot pool);
}
