package dev.loragateway.routing;

import dev.loragateway.registry.Dispatch;

/** The outcome of one routing decision. */
public sealed interface Pick {
  /** An endpoint was chosen and a place there is reserved: end the dispatch whatever happens. */
  record Chosen(Dispatch dispatch, Tier tier) implements Pick {}

  /** No endpoint of the pool lists the model. */
  record UnknownModel() implements Pick {}

  /** The model is known, but no endpoint that serves it is up. */
  record NoneReady() implements Pick {}

  /** Every endpoint that serves the model is saturated. */
  record Saturated() implements Pick {}
}
