package dev.loragateway.kubernetes;

import dev.loragateway.adapters.AdapterCatalog.Declared;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/** Takes in what objects say of adapters. Called by one thread at a time. */
public interface AdapterObjectsSink {
  /**
   * These are all adapters that objects declare, those with faults left out. Never called before
   * all objects were told once.
   */
  void declared(List<Declared> adapters);

  /**
   * The gateway that leads saw a revision answer at these endpoints; empty = nowhere any more. Not
   * called while this gateway leads: it knows better.
   *
   * @param model the name that users ask for
   * @param addresses {@code host:port} of each
   */
  void ready(String model, String revision, Set<String> addresses);

  /** Another gateway used an adapter, or asked for one that is loaded nowhere. */
  void used(String model, Instant at);
}
