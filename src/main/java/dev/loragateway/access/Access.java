package dev.loragateway.access;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Tells who sent a request, by its key. Thread-safe. */
public final class Access {
  /** The outcome of a look at a request's credentials. */
  public sealed interface Proof {
    /** {@code caller} is null where nobody needs to prove anything. */
    record Granted(@Nullable Caller caller) implements Proof {}

    /** {@code message} is for the client, and does not tell one wrong key from another. */
    record Denied(String message) implements Proof {}
  }

  private static final Proof ANYBODY = new Proof.Granted(null);
  private static final Proof NO_KEY =
      new Proof.Denied(
          "no API key was sent (expected: `Authorization: Bearer KEY` or `x-api-key: KEY`)");
  private static final Proof WRONG_KEY = new Proof.Denied("the API key is not valid");

  private static final String BEARER = "Bearer ";

  /** The keys of one configuration, by their hashes. */
  private record Ring(AccessSettings settings, Map<String, ApiKey> keys) {
    static Ring of(AccessSettings settings) {
      Map<String, ApiKey> keys = new HashMap<>();
      settings.keys().forEach(key -> keys.put(key.sha256(), key));
      return new Ring(settings, keys);
    }
  }

  private final Supplier<AccessSettings> settings;
  private final InstantSource clock;
  private volatile Ring ring = Ring.of(AccessSettings.OPEN);

  /** Reads the present settings for each request. */
  public Access(Supplier<AccessSettings> settings, InstantSource clock) {
    this.settings = settings;
    this.clock = clock;
  }

  /**
   * Looks at the credentials of a request.
   *
   * @param authorization the header of this name, or null
   * @param apiKey the header {@code x-api-key}, Anthropic's, or null
   */
  public Proof prove(@Nullable String authorization, @Nullable String apiKey) {
    Ring known = ring();
    if (!known.settings().required()) {
      return ANYBODY;
    }
    String key = bearer(authorization);
    if (key == null) {
      key = apiKey;
    }
    if (key == null || key.isEmpty()) {
      return NO_KEY;
    }
    ApiKey found = known.keys().get(sha256(key));
    if (found == null || (found.expires() != null && !clock.instant().isBefore(found.expires()))) {
      return WRONG_KEY;
    }
    return new Proof.Granted(found.caller());
  }

  @SuppressWarnings("ReferenceEquality") // settings are read anew when they are another object
  private Ring ring() {
    AccessSettings now = settings.get();
    Ring known = ring;
    if (known.settings() != now) {
      known = Ring.of(now);
      ring = known;
    }
    return known;
  }

  private static @Nullable String bearer(@Nullable String authorization) {
    return authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())
        ? authorization.substring(BEARER.length()).trim()
        : null;
  }

  /**
   * The hash is what is compared, by a table: how long that takes depends on the hash of what was
   * sent, from which nothing follows about a key.
   */
  static String sha256(String key) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getBytes(UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
