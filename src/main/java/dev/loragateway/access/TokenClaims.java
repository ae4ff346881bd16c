package dev.loragateway.access;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.loragateway.access.JwtSettings.Claims;
import java.text.ParseException;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a token says of its subject. Immutable. */
record TokenClaims(JWTClaimsSet claims, JwtSettings settings) {
  private static final Pattern SPACES = Pattern.compile("\\s+");

  /**
   * The subject as a caller. Keys' names have no space, so that no key is taken for it.
   *
   * @throws ParseException when a claim has another form than expected
   */
  Caller caller() throws ParseException {
    Claims names = settings.claims();
    String id = settings.issuer() + " " + claims.getSubject();
    String tenant = text(names.tenant());
    return new Caller(
        id,
        claims.getSubject(),
        tenant == null ? id : tenant,
        models(names.models()),
        settings.limits(),
        text(names.priority()),
        settings.details());
  }

  private @Nullable String text(@Nullable String claim) throws ParseException {
    String text = claim == null ? null : claims.getStringClaim(claim);
    return text == null ? null : checked(text);
  }

  private ModelPatterns models(@Nullable String claim) throws ParseException {
    if (claim == null) {
      return ModelPatterns.ALL;
    }
    List<String> patterns =
        switch (claims.getClaim(claim)) {
          case null -> List.of();
          case String text -> SPACES.splitAsStream(text.strip()).toList();
          default -> claims.getStringListClaim(claim);
        };
    for (String pattern : patterns) {
      checked(pattern);
    }
    return new ModelPatterns(patterns);
  }

  private static String checked(@Nullable String text) throws ParseException {
    if (text == null || !TokenCheck.isName(text)) {
      throw new ParseException("not a name", 0);
    }
    return text;
  }
}
