package dev.loragateway.routing;

import dev.loragateway.registry.Dispatch;

/** Makes a server bring an adapter into a GPU slot before a request needs it there. */
@FunctionalInterface
public interface Warmup {
  /** Loads nothing ahead, and wakes nobody: for where that is switched off. */
  Warmup NONE = (dispatch, ended) -> dispatch.refused();

  /**
   * Starts to load the dispatch's adapter at its endpoint, and ends the dispatch when that is over,
   * however it ended. Must not block.
   *
   * @param ended to be run once the dispatch has ended, but never from within this method
   */
  void start(Dispatch dispatch, Runnable ended);

  /**
   * A request has begun to wait for a model that no endpoint has and that the control plane loads.
   * Must not block.
   */
  default void absent(String model) {}

  /** A request has begun to wait in a pool of which engines sleep. Must not block. */
  default void asleep(String pool) {}
}
