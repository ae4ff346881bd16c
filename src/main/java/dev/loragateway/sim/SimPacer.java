package dev.loragateway.sim;

/** The engine's time: what it measures with, and how it lets time pass. Confined to the engine. */
interface SimPacer {
  /** Monotonic nanoseconds. */
  long nanoTime();

  /** Returns when this much more work of the engine is done. */
  void spend(long nanos) throws InterruptedException;
}
