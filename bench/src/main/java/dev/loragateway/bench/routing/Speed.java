package dev.loragateway.bench.routing;

import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/** How much was simulated in how much processor time. Thread-safe. */
final class Speed {
  private static final LongAdder REQUESTS = new LongAdder();
  private static final LongAdder EVENTS = new LongAdder();
  private static final LongAdder RUNS = new LongAdder();
  private static final DoubleAdder SECONDS = new DoubleAdder();

  private Speed() {}

  /** Processor time of this thread. */
  static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  static void count(RunResult result) {
    REQUESTS.add(result.requests());
    EVENTS.add(result.events());
    RUNS.increment();
    SECONDS.add(result.cpuSeconds());
  }

  static String summary() {
    double seconds = Math.max(1e-9, SECONDS.sum());
    return Tables.format(
        "simulated %d runs, %.1f million requests, %.1f million events in %.1f s of processor time:"
            + " %.0f requests/s, %.0f events/s a core",
        RUNS.sum(),
        REQUESTS.sum() / 1e6,
        EVENTS.sum() / 1e6,
        seconds,
        REQUESTS.sum() / seconds,
        EVENTS.sum() / seconds);
  }
}
