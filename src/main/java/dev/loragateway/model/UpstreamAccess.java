package dev.loragateway.model;

import org.jspecify.annotations.Nullable;

/**
 * How an endpoint is reached. Immutable; {@link #toString} hides the key.
 *
 * @param tls how it speaks TLS, or null when it does not
 * @param apiKey bearer token sent upstream instead of the client's, or null to pass the client's
 *     own
 */
public record UpstreamAccess(@Nullable UpstreamTls tls, @Nullable String apiKey) {
  public static final UpstreamAccess PLAIN = new UpstreamAccess(null, null);

  @Override
  public String toString() {
    return "UpstreamAccess[tls="
        + (tls != null)
        + ", apiKey="
        + (apiKey == null ? "none" : "***")
        + "]";
  }
}
