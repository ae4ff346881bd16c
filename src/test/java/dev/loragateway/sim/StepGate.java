package dev.loragateway.sim;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Virtual time that stands still before each engine step until the test lets it go on, and a log of
 * what the engine spent time on. Thread-safe.
 */
final class StepGate implements SimPacer {
  static final Duration STEP = Duration.ofMillis(20);

  private final Semaphore steps = new Semaphore(0);
  private final AtomicLong now = new AtomicLong();
  private final List<String> log = new CopyOnWriteArrayList<>();

  /** Lets the engine take so many more steps. */
  void allow(int count) {
    steps.release(count);
  }

  void note(String what) {
    log.add(what);
  }

  List<String> log() {
    return log;
  }

  @Override
  public long nanoTime() {
    return now.get();
  }

  @Override
  public void spend(long nanos) throws InterruptedException {
    if (nanos == STEP.toNanos()) {
      steps.acquire();
      log.add("step");
    } else if (nanos > 0) {
      log.add("swap");
    }
    now.addAndGet(nanos);
  }
}
