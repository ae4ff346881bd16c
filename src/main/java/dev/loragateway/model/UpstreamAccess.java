package dev.loragateway.model;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How an endpoint is reached. Immutable; {@link #toString} hides the key.
 *
 * @param tls whether the endpoint speaks TLS
 * @param ca PEM file of the certificate authorities to trust, or null for the platform's
 * @param apiKey bearer token sent upstream instead of the client's, or null to pass the client's
 *     own
 */
public record UpstreamAccess(boolean tls, @Nullable Path ca, @Nullable String apiKey) {
  public static final UpstreamAccess PLAIN = new UpstreamAccess(false, null, null);

  @Override
  public String toString() {
    return "UpstreamAccess[tls="
        + tls
        + ", ca="
        + ca
        + ", apiKey="
        + (apiKey == null ? "none" : "***")
        + "]";
  }
}
