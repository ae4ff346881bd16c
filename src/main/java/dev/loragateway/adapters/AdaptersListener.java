package dev.loragateway.adapters;

import dev.loragateway.model.Endpoint;
import java.util.Map;

/** Hears what becomes of adapters. Called on the controller's thread; must not block for long. */
public interface AdaptersListener {
  /** Whether this gateway is the one that loads adapters from now on. */
  default void leads(boolean leads) {}

  /** Something changed; by name, those that are not declared any more left out. */
  default void changed(Map<String, AdapterStatus> statuses) {}

  /**
   * A load at an endpoint ended, verified or failed.
   *
   * @param nanos that it took
   */
  default void loaded(Endpoint at, String adapter, long nanos, boolean well) {}

  /**
   * An adapter that may be archived was used or asked for; a gateway that does not lead tells so
   * now and then.
   */
  default void used(String adapter) {}

  /** An adapter was taken away from an endpoint, or that failed. */
  default void unloaded(Endpoint at, String adapter, boolean well) {}
}
