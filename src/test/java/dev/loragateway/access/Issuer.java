package dev.loragateway.access;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.factories.DefaultJWSSignerFactory;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.loragateway.access.JwtSettings.Claims;
import dev.loragateway.access.JwtSettings.KeySource;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;

/** One key of an issuer of tokens, and what it signs. Immutable. */
public final class Issuer {
  public static final String NAME = "https://issuer.test/";
  public static final String AUDIENCE = "gateway";

  private final JWK key;

  private Issuer(JWK key) {
    this.key = key;
  }

  public static Issuer rsa(String kid) {
    try {
      return new Issuer(new RSAKeyGenerator(2048).keyID(kid).generate());
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
  }

  public static Issuer ec(String kid) {
    return ec(kid, Curve.P_256);
  }

  static Issuer ec(String kid, Curve curve) {
    try {
      return new Issuer(new ECKeyGenerator(curve).keyID(kid).generate());
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
  }

  JWK key() {
    return key;
  }

  /** What the issuer publishes of these keys. */
  public static String jwks(Issuer... keys) {
    return new JWKSet(Arrays.stream(keys).map(Issuer::key).toList()).toString();
  }

  static KeySet keys(Issuer... keys) {
    return Objects.requireNonNull(KeySet.parse(jwks(keys)));
  }

  /** Takes tokens signed by these keys. */
  public static JwtSettings settings(Issuer... keys) {
    return settings(new KeySource.Fixed(keys(keys)), Claims.NONE);
  }

  public static JwtSettings settings(KeySource keys, Claims claims) {
    return new JwtSettings(
        NAME,
        AUDIENCE,
        keys,
        Set.copyOf(JwtSettings.ALGORITHMS),
        Duration.ofSeconds(30),
        claims,
        RateLimits.NONE,
        true);
  }

  /** A good token. */
  public String token(String subject) {
    return token(subject, claims -> claims);
  }

  /** One that differs from a good one. */
  public String token(String subject, UnaryOperator<JWTClaimsSet.Builder> different) {
    JWTClaimsSet.Builder claims =
        new JWTClaimsSet.Builder()
            .issuer(NAME)
            .audience(AUDIENCE)
            .subject(subject)
            .expirationTime(Date.from(Instant.now().plusSeconds(600)));
    return sign(header(algorithm()), different.apply(claims).build());
  }

  private JWSAlgorithm algorithm() {
    return key.getKeyType().getValue().equals("RSA") ? JWSAlgorithm.RS256 : JWSAlgorithm.ES256;
  }

  JWSHeader.Builder header(JWSAlgorithm algorithm) {
    return new JWSHeader.Builder(algorithm).keyID(key.getKeyID());
  }

  String sign(JWSHeader.Builder header, JWTClaimsSet claims) {
    try {
      JWSHeader built = header.build();
      JWSSigner signer = new DefaultJWSSignerFactory().createJWSSigner(key, built.getAlgorithm());
      SignedJWT token = new SignedJWT(built, claims);
      token.sign(signer);
      return token.serialize();
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
  }
}
