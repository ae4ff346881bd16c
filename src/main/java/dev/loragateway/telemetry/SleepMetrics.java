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
    meters.counter(Metric.SLEEPS, at.pool(), at.address(), Boolean.toString(well)).increment();
  }

  @Override
  public void woken(Endpoint at, long nanos, boolean well) {
    meters
        .timer(Metric.WAKE_UP_TIME, at.pool(), at.address(), Boolean.toString(well))
        .record(nanos, TimeUnit.NANOSECONDS);
  }
}
