package dev.loragateway.adapters;

import dev.loragateway.model.Endpoint;

/** What the control plane asks of the servers at endpoints. Blocks; thread-safe. */
public interface ModelServers {
  /**
   * Registers an adapter, which also brings it into a slot.
   *
   * @param name that the server is to know it by
   */
  CallResult load(Endpoint at, String name, AdapterSource source) throws InterruptedException;

  /** Has the adapter make one token. */
  CallResult verify(Endpoint at, String name) throws InterruptedException;

  /** Takes the name away; what was begun goes on. One that is not known is done. */
  CallResult unload(Endpoint at, String name) throws InterruptedException;
}
