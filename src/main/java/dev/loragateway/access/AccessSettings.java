package dev.loragateway.access;

import java.util.List;

/**
 * Who may use the gateway. Immutable.
 *
 * @param required whether a request must prove who sent it
 * @param keys the keys that do
 */
public record AccessSettings(boolean required, List<ApiKey> keys) {
  /** Everybody may do everything, and clients' keys pass on to the servers. */
  public static final AccessSettings OPEN = new AccessSettings(false, List.of());

  public AccessSettings {
    keys = List.copyOf(keys);
  }
}
