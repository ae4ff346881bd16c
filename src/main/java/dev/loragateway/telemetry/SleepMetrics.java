package dev.loragateway.telemetry;

import dev.loragateway.adapters.SleepListener;
import dev.loragateway.model.Endpoint;
import java.util.concurrent.TimeUnit;

/** Meters of engines that are put to sleep and woken. Thread-safe. */
final class SleepMetrics implements SleepListener {
  private final Meters meters;

  SleepMetrics(Meters meters) {
    this.meters = meters;
  }

  @Override
  public void slept(Endpoint at, boolean well) {
    meters
        .counter(
            "sleeps",
            "Times that an endpoint was to be put to sleep",
            "pool",
            at.pool(),
            "endpoint",
            at.address(),
            "ok",
            Boolean.toString(well))
        .increment();
  }

  @Override
  public void woken(Endpoint at, long nanos, boolean well) {
    meters
        .timer(
            "wake_up",
            "Calls that wake an endpoint",
            Meters.SERVER_BUCKETS,
            "pool",
            at.pool(),
            "endpoint",
            at.address(),
            "ok",
            Boolean.toString(well))
        .record(nanos, TimeUnit.NANOSECONDS);
  }
}
