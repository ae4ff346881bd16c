package dev.loragateway.routing;

/** Who waits in an {@link Admission} queue. */
@FunctionalInterface
public interface Waiter {
  /**
   * The wait is over: a place was reserved, or the model can no longer be served. Called once, on
   * any thread and without locks, unless {@link Pick.Queued#leave} came first; hand over at once.
   */
  void admitted(Pick pick);
}
