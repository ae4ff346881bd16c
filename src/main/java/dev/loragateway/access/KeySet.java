package dev.loragateway.access;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.JSONObjectUtils;
import java.security.PublicKey;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An issuer's public keys, as a JWK set (RFC 7517) has them. Two of the same keys are equal.
 * Immutable.
 */
public final class KeySet {
  private static final int MIN_RSA_BITS = 2048;

  /** How many are tried for a token that names none. */
  private static final int MAX_TRIED = 16;

  private final List<JWK> keys;
  private final List<PublicKey> publicKeys;

  private KeySet(List<JWK> keys, List<PublicKey> publicKeys) {
    this.keys = List.copyOf(keys);
    this.publicKeys = List.copyOf(publicKeys);
  }

  /**
   * Reads a JWK set, and leaves out what cannot verify a signature here: symmetric keys, curves
   * that the JDK does not have, RSA below 2048 bits.
   *
   * @return null when it is none, or when nothing is left of its keys
   */
  public static @Nullable KeySet parse(String json) {
    try {
      Map<String, Object>[] all =
          JSONObjectUtils.getJSONObjectArray(JSONObjectUtils.parse(json), "keys");
      if (all == null) {
        return null;
      }
      List<JWK> usable = new ArrayList<>();
      List<PublicKey> publicKeys = new ArrayList<>();
      for (Map<String, Object> members : all) {
        JWK key = key(members);
        PublicKey publicKey = key == null ? null : publicKey(key);
        if (key != null && publicKey != null) {
          usable.add(key.toPublicJWK());
          publicKeys.add(publicKey);
        }
      }
      return usable.isEmpty() && all.length > 0 ? null : new KeySet(usable, publicKeys);
    } catch (ParseException | IllegalArgumentException | IllegalStateException e) {
      return null;
    }
  }

  /** Null for one that is not understood, as RFC 7517, section 5, has it. */
  private static @Nullable JWK key(Map<String, Object> members) {
    try {
      return JWK.parse(members);
    } catch (ParseException | IllegalArgumentException | IllegalStateException e) {
      return null;
    }
  }

  private static @Nullable PublicKey publicKey(JWK key) {
    try {
      return switch (key) {
        case RSAKey rsa when rsa.size() >= MIN_RSA_BITS -> rsa.toPublicKey();
        case ECKey ec -> ec.toPublicKey();
        default -> null;
      };
    } catch (JOSEException e) {
      return null;
    }
  }

  /** Those by which a token with this header may be signed; none when it names an unknown one. */
  List<PublicKey> matching(JWSHeader header) {
    JWKMatcher matcher = JWKMatcher.forJWSHeader(header);
    List<PublicKey> found = new ArrayList<>();
    for (int i = 0; i < keys.size() && found.size() < MAX_TRIED; i++) {
      if (matcher != null && matcher.matches(keys.get(i))) {
        found.add(publicKeys.get(i));
      }
    }
    return found;
  }

  int size() {
    return keys.size();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof KeySet that && keys.equals(that.keys);
  }

  @Override
  public int hashCode() {
    return keys.hashCode();
  }
}
