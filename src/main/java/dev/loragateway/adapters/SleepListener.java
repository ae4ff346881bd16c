package dev.loragateway.adapters;

import dev.loragateway.model.Endpoint;

/** Is told what came of calls that put engines to sleep and wake them. Must not block. */
public interface SleepListener {
  /** An endpoint was to be put to sleep. */
  void slept(Endpoint at, boolean well);

  /** An endpoint was to be woken, which took so long. */
  void woken(Endpoint at, long nanos, boolean well);
}
