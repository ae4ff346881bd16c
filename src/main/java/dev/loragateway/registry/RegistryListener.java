package dev.loragateway.registry;

import dev.loragateway.model.Endpoint;
import org.jspecify.annotations.Nullable;

/** Hears what the registry finds out. Called under the registry's lock: must not block. */
public interface RegistryListener {
  /**
   * An adapter took a GPU slot, by the estimate or by the server's report.
   *
   * @param victim the adapter that lost the slot, or null when one was free
   * @param recent whether the victim was used within the last 60 s
   */
  default void swapped(
      Endpoint endpoint, String adapter, @Nullable String victim, boolean recent) {}

  /** The estimate was wrong about {@code adapters} adapters and was put right. */
  default void corrected(Endpoint endpoint, int adapters) {}

  /** The endpoint failed too many requests in a row and gets none for a while. */
  default void ejected(Endpoint endpoint) {}

  /** Two pools serve one name; {@code owner} keeps it. */
  default void clash(String model, String owner, String other) {}
}
