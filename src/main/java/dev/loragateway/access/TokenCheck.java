package dev.loragateway.access;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.factories.DefaultJWSVerifierFactory;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.security.PublicKey;
import java.text.ParseException;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checks tokens: what costs little first, the signature last. Messages are for clients and show
 * nothing of the token. Stateless.
 */
final class TokenCheck {
  /** What came of it. */
  sealed interface Result {
    /** {@code expires}: from when on it is worth nothing. */
    record Good(Caller caller, Instant expires) implements Result {}

    record Bad(String message) implements Result {}

    /** None of the keys can have signed it; the issuer may have others by now. */
    record UnknownKey() implements Result {}
  }

  static final Result.Bad EXPIRED = new Result.Bad("the token has expired");
  private static final Result.Bad MALFORMED = new Result.Bad("the token is not a signed JWT");
  private static final Result.Bad ALGORITHM =
      new Result.Bad("the token is signed by an algorithm that is not accepted here");
  private static final Result.Bad KIND =
      new Result.Bad("the token is of a kind that is not accepted here (typ, crit)");
  private static final Result.Bad ISSUER =
      new Result.Bad("the token is of an issuer that is not accepted here");
  private static final Result.Bad AUDIENCE =
      new Result.Bad("the token was not made for this gateway (aud)");
  private static final Result.Bad NO_END = new Result.Bad("the token has no expiry (exp)");
  private static final Result.Bad TOO_EARLY = new Result.Bad("the token is not valid yet (nbf)");
  private static final Result.Bad SUBJECT = new Result.Bad("the token has no valid subject (sub)");
  private static final Result.Bad CLAIMS =
      new Result.Bad("a claim of the token has another form than this gateway expects");
  private static final Result.Bad SIGNATURE = new Result.Bad("the signature of the token is wrong");
  private static final Result UNKNOWN_KEY = new Result.UnknownKey();

  /** RFC 7519 and 9068; others, such as logout tokens, are not meant to open anything. */
  private static final Set<String> KINDS = Set.of("jwt", "at+jwt", "application/at+jwt");

  private static final int LONGEST_NAME = 256;

  private TokenCheck() {}

  static Result check(String token, JwtSettings settings, KeySet keys, Instant now) {
    try {
      SignedJWT jwt = SignedJWT.parse(token);
      Result.Bad refused = refuse(jwt.getHeader(), settings);
      if (refused != null) {
        return refused;
      }
      JWTClaimsSet claims = jwt.getJWTClaimsSet();
      Result claimed = claimed(claims, settings, now);
      if (!(claimed instanceof Result.Good)) {
        return claimed;
      }
      List<PublicKey> candidates = keys.matching(jwt.getHeader());
      return candidates.isEmpty() ? UNKNOWN_KEY : signed(jwt, candidates) ? claimed : SIGNATURE;
    } catch (ParseException e) {
      return MALFORMED;
    }
  }

  private static Result.@Nullable Bad refuse(JWSHeader header, JwtSettings settings) {
    if (!settings.algorithms().contains(header.getAlgorithm().getName())) {
      return ALGORITHM;
    }
    boolean known =
        header.getType() == null
            || KINDS.contains(header.getType().getType().toLowerCase(Locale.ROOT));
    return known && header.getCriticalParams() == null ? null : KIND;
  }

  /** What the claims come to if the signature is right. */
  private static Result claimed(JWTClaimsSet claims, JwtSettings settings, Instant now)
      throws ParseException {
    if (!settings.issuer().equals(claims.getIssuer())) {
      return ISSUER;
    }
    if (!claims.getAudience().contains(settings.audience())) {
      return AUDIENCE;
    }
    Date end = claims.getExpirationTime();
    if (end == null) {
      return NO_END;
    }
    Instant expires = end.toInstant().plus(settings.clockSkew());
    if (!now.isBefore(expires)) {
      return EXPIRED;
    }
    Date begin = claims.getNotBeforeTime();
    if (begin != null && now.plus(settings.clockSkew()).isBefore(begin.toInstant())) {
      return TOO_EARLY;
    }
    return isName(claims.getSubject()) ? caller(claims, settings, expires) : SUBJECT;
  }

  private static Result caller(JWTClaimsSet claims, JwtSettings settings, Instant expires) {
    try {
      return new Result.Good(new TokenClaims(claims, settings).caller(), expires);
    } catch (ParseException e) {
      return CLAIMS;
    }
  }

  /** Whether it may stand in messages and be a key of limits. */
  static boolean isName(@Nullable String text) {
    return text != null
        && !text.isBlank()
        && text.length() <= LONGEST_NAME
        && text.chars().noneMatch(Character::isISOControl);
  }

  private static boolean signed(SignedJWT jwt, List<PublicKey> candidates) {
    DefaultJWSVerifierFactory verifiers = new DefaultJWSVerifierFactory();
    for (PublicKey key : candidates) {
      try {
        if (jwt.verify(verifiers.createJWSVerifier(jwt.getHeader(), key))) {
          return true;
        }
      } catch (JOSEException e) {
        // a key of another curve, say: it has not signed this
      }
    }
    return false;
  }
}
