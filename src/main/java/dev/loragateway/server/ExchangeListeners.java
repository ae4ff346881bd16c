package dev.loragateway.server;

import dev.loragateway.model.GatewayError;
import dev.loragateway.proxy.ExchangeListener;
import dev.loragateway.proxy.ExchangeReport;
import dev.loragateway.routing.Tier;

/** Tells two listeners. Thread-safe. */
record ExchangeListeners(ExchangeListener one, ExchangeListener other) implements ExchangeListener {
  @Override
  public void dispatched(String pool, String endpoint, Tier tier, boolean waited) {
    one.dispatched(pool, endpoint, tier, waited);
    other.dispatched(pool, endpoint, tier, waited);
  }

  @Override
  public void warmedUp(String pool, String endpoint, boolean loaded) {
    one.warmedUp(pool, endpoint, loaded);
    other.warmedUp(pool, endpoint, loaded);
  }

  @Override
  public void retried(String reason) {
    one.retried(reason);
    other.retried(reason);
  }

  @Override
  public void rejected(GatewayError error) {
    one.rejected(error);
    other.rejected(error);
  }

  @Override
  public void swapLearned(String pool, String endpoint, double millis) {
    one.swapLearned(pool, endpoint, millis);
    other.swapLearned(pool, endpoint, millis);
  }

  @Override
  public void finished(ExchangeReport report) {
    one.finished(report);
    other.finished(report);
  }
}
