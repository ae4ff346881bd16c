package dev.loragateway.access;

import java.net.URI;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which JSON Web Tokens (RFC 7519) prove who sent a request. Immutable.
 *
 * @param issuer who must have made a token ({@code iss})
 * @param audience for whom it must be made ({@code aud}, or one of them)
 * @param keys one of which must have signed it
 * @param algorithms by one of which, out of {@link #ALGORITHMS}
 * @param clockSkew how far the issuer's clock may be off
 * @param claims what it says of its subject
 * @param limits how much each subject may use
 * @param details whether subjects may see which endpoint served them, and why
 */
public record JwtSettings(
    String issuer,
    String audience,
    KeySource keys,
    Set<String> algorithms,
    Duration clockSkew,
    Claims claims,
    RateLimits limits,
    boolean details) {
  /**
   * Those that may be accepted. With a symmetric one whoever knows the public key could sign; EdDSA
   * would need another library.
   */
  public static final List<String> ALGORITHMS =
      List.of("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512");

  public JwtSettings {
    algorithms = Set.copyOf(algorithms);
  }

  /** Where the issuer's keys are found. */
  public sealed interface KeySource {
    /** They are there. */
    record Fixed(KeySet keys) implements KeySource {}

    /**
     * They are fetched.
     *
     * @param ca the authorities to trust; empty = the platform's
     * @param interval between two fetches
     */
    record Url(URI url, List<X509Certificate> ca, Duration interval) implements KeySource {
      public Url {
        ca = List.copyOf(ca);
      }
    }
  }

  /**
   * Names of claims; null = none.
   *
   * @param tenant a text: to whom the subject belongs; without it each subject stands for itself
   * @param models patterns of models, in a list or in a text with spaces; a token without it may
   *     use none. Where no claim is named every token may use all
   * @param priority a text: the class of its requests in a queue
   */
  public record Claims(
      @Nullable String tenant, @Nullable String models, @Nullable String priority) {
    public static final Claims NONE = new Claims(null, null, null);
  }
}
