package dev.loragateway.sim;

import java.util.concurrent.locks.LockSupport;
import java.util.function.DoubleSupplier;

/**
 * Lets real time pass, up to deadlines that add up, so that a late wake-up does not lengthen the
 * steps that follow. Confined to the engine thread.
 */
final class RealTimePacer implements SimPacer {
  /** Work that the machine itself needed and that counts as part of a step. */
  private static final long SLACK_NANOS = 1_000_000;

  private final DoubleSupplier scale;
  private long deadline = System.nanoTime();

  RealTimePacer(DoubleSupplier scale) {
    this.scale = scale;
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public void spend(long nanos) throws InterruptedException {
    long scaled = Math.round(nanos * scale.getAsDouble());
    if (scaled == 0) {
      return;
    }
    deadline = Math.max(deadline, System.nanoTime() - SLACK_NANOS) + scaled;
    for (long left = deadline - System.nanoTime(); left > 0; left = deadline - System.nanoTime()) {
      LockSupport.parkNanos(this, left);
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
    }
  }
}
