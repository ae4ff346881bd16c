package dev.loragateway.adapters;

import dev.loragateway.model.Endpoint;

/** Puts engines to sleep, and wakes them. Blocks, for a minute at most; thread-safe. */
public interface SleepCalls {
  /**
   * Has the engine move its weights to host memory and forget its KV cache; requests that it has or
   * gets stay until it is woken. {@link CallResult.Refused} where the server cannot do that.
   */
  CallResult sleep(Endpoint at) throws InterruptedException;

  /** Has the engine go on; one that does not sleep is done. */
  CallResult wake(Endpoint at) throws InterruptedException;
}
