package dev.loragateway.proxy;

import dev.loragateway.model.GatewayError;
import dev.loragateway.routing.Tier;

/** Hears of requests, on event loops: must not block. */
public interface ExchangeListener {
  /**
   * A request was dispatched to an endpoint, for the first time or again.
   *
   * @param tier the adapter's state there
   * @param waited whether the request had waited in the gateway
   */
  default void dispatched(String pool, String endpoint, Tier tier, boolean waited) {}

  /** An adapter was loaded ahead of the requests that wait for it, or could not be. */
  default void warmedUp(String pool, String endpoint, boolean loaded) {}

  /** A request is tried again because the last attempt ended so. */
  default void retried(String reason) {}

  /** The gateway itself answered with an error. */
  default void rejected(GatewayError error) {}

  /** A swap was seen to take this long, as the time by which its answer was late. */
  default void swapLearned(String pool, String endpoint, double millis) {}

  /** A request that was forwarded, or should have been, is over. */
  default void finished(ExchangeReport report) {}
}
