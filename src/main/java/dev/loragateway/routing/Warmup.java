package dev.loragateway.routing;

import dev.loragateway.registry.Dispatch;

/** Makes a server bring an adapter into a GPU slot before a request needs it there. */
@FunctionalInterface
public interface Warmup {
  /** Loads nothing ahead. */
  Warmup NONE = Dispatch::refused;

  /**
   * Starts to load the dispatch's adapter at its endpoint, and ends the dispatch when that is over,
   * however it ended. Must not block.
   */
  void start(Dispatch dispatch);
}
