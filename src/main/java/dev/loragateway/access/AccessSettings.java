package dev.loragateway.access;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who may use the gateway. Immutable.
 *
 * @param required whether a request must prove who sent it
 * @param keys keys that do
 * @param secret where more of them are; null = nowhere
 * @param jwt which tokens do; null = none
 */
public record AccessSettings(
    boolean required, List<ApiKey> keys, @Nullable KeysSecret secret, @Nullable JwtSettings jwt) {
  /** Everybody may do everything, and clients' keys pass on to the servers. */
  public static final AccessSettings OPEN = new AccessSettings(false, List.of());

  public AccessSettings {
    keys = List.copyOf(keys);
  }

  /** Keys alone. */
  public AccessSettings(boolean required, List<ApiKey> keys) {
    this(required, keys, null, null);
  }
}
