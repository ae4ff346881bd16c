package dev.loragateway.access;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.OctetSequenceKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import dev.loragateway.access.JwtSettings.Claims;
import dev.loragateway.access.JwtSettings.KeySource;
import dev.loragateway.access.TokenCheck.Result;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenCheckTest {
  private static final Issuer RSA = Issuer.rsa("r");
  private static final Issuer EC = Issuer.ec("e");
  private static final Issuer STRANGER = Issuer.rsa("r");
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final String JWKS = Issuer.jwks(RSA, EC);
  private static final String GOOD = RSA.token("alice");

  private static Result check(String token) {
    return check(token, Claims.NONE);
  }

  private static Result check(String token, Claims claims) {
    KeySet keys = Issuer.keys(RSA, EC);
    return TokenCheck.check(token, Issuer.settings(new KeySource.Fixed(keys), claims), keys, NOW);
  }

  private static Caller caller(String token, Claims claims) {
    assertThat(check(token, claims)).isInstanceOf(Result.Good.class);
    return ((Result.Good) check(token, claims)).caller();
  }

  private static Date in(long seconds) {
    return Date.from(NOW.plusSeconds(seconds));
  }

  private static JWTClaimsSet claims() {
    return new JWTClaimsSet.Builder()
        .issuer(Issuer.NAME)
        .audience(Issuer.AUDIENCE)
        .subject("alice")
        .expirationTime(in(60))
        .build();
  }

  private static String encoded(String json) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(json.getBytes(UTF_8));
  }

  /** Every algorithm that may be configured, by a key that can sign so. */
  static List<String> algorithms() {
    return JwtSettings.ALGORITHMS;
  }

  @ParameterizedTest
  @MethodSource("algorithms")
  void token_signedByAnAcceptedAlgorithm_isGood(String name) {
    JWSAlgorithm algorithm = JWSAlgorithm.parse(name);
    Issuer issuer =
        switch (name) {
          case "ES256" -> EC;
          case "ES384" -> Issuer.ec("e3", Curve.P_384);
          case "ES512" -> Issuer.ec("e5", Curve.P_521);
          default -> RSA;
        };
    String token = issuer.sign(issuer.header(algorithm), claims());
    KeySet keys = Issuer.keys(RSA, issuer);

    assertThat(TokenCheck.check(token, Issuer.settings(RSA), keys, NOW))
        .isInstanceOf(Result.Good.class);
  }

  @Test
  void token_good_isItsSubject_withEveryModelAndATenantOfItsOwn() {
    Caller caller = caller(GOOD, Claims.NONE);

    assertThat(caller)
        .isEqualTo(
            new Caller(
                Issuer.NAME + " alice",
                "alice",
                Issuer.NAME + " alice",
                ModelPatterns.ALL,
                RateLimits.NONE,
                null,
                true));
  }

  @Test
  void claims_thatAreNamed_makeTheCaller() {
    Claims claims = new Claims("org", "llm", "class");
    String token =
        RSA.token(
            "alice",
            c ->
                c.claim("org", "acme")
                    .claim("llm", List.of("acme/*", "base"))
                    .claim("class", "premium"));

    assertThat(caller(token, claims).tenant()).isEqualTo("acme");
    assertThat(caller(token, claims).models().patterns()).containsExactly("acme/*", "base");
    assertThat(caller(token, claims).priority()).isEqualTo("premium");
    assertThat(
            caller(RSA.token("a", c -> c.claim("llm", " acme/*  base")), claims)
                .models()
                .patterns())
        .containsExactly("acme/*", "base");
  }

  @Test
  void claimOfModels_thatIsMissing_allowsNone() {
    assertThat(caller(GOOD, new Claims(null, "llm", null)).mayUse("base")).isFalse();
  }

  @Test
  void tenant_thatIsMissing_isNotThatOfOthers() {
    Claims claims = new Claims("org", null, null);

    assertThat(caller(RSA.token("acme"), claims).tenant()).isNotEqualTo("acme");
  }

  static List<UnaryOperator<JWTClaimsSet.Builder>> formsOfClaims() {
    return List.of(
        c -> c.claim("org", 7),
        c -> c.claim("org", ""),
        c -> c.claim("org", "a\nb"),
        c -> c.claim("org", "x".repeat(257)),
        c -> c.claim("llm", 7),
        c -> c.claim("llm", ""),
        c -> c.claim("llm", List.of("a", 7)),
        c -> c.claim("llm", List.of("")),
        c -> c.claim("class", List.of("premium")));
  }

  @ParameterizedTest
  @MethodSource("formsOfClaims")
  void claim_ofAnotherForm_isRefused(UnaryOperator<JWTClaimsSet.Builder> different) {
    refused(
        RSA.token("alice", different), "a claim of the token", new Claims("org", "llm", "class"));
  }

  private static void refused(String token, String message) {
    refused(token, message, Claims.NONE);
  }

  private static void refused(String token, String message, Claims claims) {
    assertThat(check(token, claims))
        .isInstanceOfSatisfying(
            Result.Bad.class, bad -> assertThat(bad.message()).contains(message));
  }

  @Test
  void claims_ofAnotherIssuerAudienceOrTime_areRefused() {
    refused(RSA.token("a", c -> c.issuer("https://other/")), "an issuer that is not accepted");
    refused(RSA.token("a", c -> c.issuer(Issuer.NAME + "x")), "an issuer that is not accepted");
    refused(RSA.token("a", c -> c.issuer(null)), "an issuer that is not accepted");
    refused(RSA.token("a", c -> c.audience("other")), "not made for this gateway");
    refused(RSA.token("a", c -> c.audience((String) null)), "not made for this gateway");
    refused(RSA.token("a", c -> c.expirationTime(null)), "has no expiry");
    refused(RSA.token("a", c -> c.expirationTime(in(-31))), "has expired");
    refused(RSA.token("a", c -> c.notBeforeTime(in(32))), "not valid yet");
    refused(RSA.token(null), "no valid subject");
    refused(RSA.token(" "), "no valid subject");
    refused(RSA.token("a\u0000b"), "no valid subject");
    refused(RSA.token("a".repeat(257)), "no valid subject");
  }

  @Test
  void clocks_thatDifferByTheSkew_areForgiven() {
    assertThat(check(RSA.token("a", c -> c.expirationTime(in(-28)))))
        .isInstanceOf(Result.Good.class);
    assertThat(check(RSA.token("a", c -> c.notBeforeTime(in(30))))).isInstanceOf(Result.Good.class);
    assertThat(check(RSA.token("a", c -> c.audience(List.of("x", Issuer.AUDIENCE)))))
        .isInstanceOf(Result.Good.class);
  }

  @Test
  void signature_ofAnotherKeyOfThisName_isRefused() {
    refused(STRANGER.token("alice"), "signature of the token is wrong");
  }

  @Test
  void signature_thatWasChanged_isRefused() {
    String[] parts = GOOD.split("\\.", -1);
    String other = RSA.token("bob").split("\\.", -1)[1];

    refused(parts[0] + "." + other + "." + parts[2], "signature of the token is wrong");
    refused(parts[0] + "." + parts[1] + ".", "");
  }

  @Test
  void key_thatIsNotPublished_isUnknown() {
    assertThat(check(Issuer.rsa("new").token("alice"))).isInstanceOf(Result.UnknownKey.class);
  }

  @Test
  void token_thatNamesNoKey_isTriedWithAll() {
    String unnamed = RSA.sign(new JWSHeader.Builder(JWSAlgorithm.RS256), claims());

    assertThat(check(unnamed)).isInstanceOf(Result.Good.class);
    refused(
        STRANGER.sign(new JWSHeader.Builder(JWSAlgorithm.RS256), claims()),
        "signature of the token is wrong");
  }

  @Test
  void algorithmNone_isRefused() {
    refused(new PlainJWT(claims()).serialize(), "not a signed JWT");
    refused(encoded("{\"alg\":\"none\",\"kid\":\"r\"}") + "." + GOOD.split("\\.", -1)[1] + ".", "");
    refused(encoded("{\"alg\":\"NONE\"}") + "." + GOOD.split("\\.", -1)[1] + ".", "");
  }

  /** The public key is no secret: whoever knows it could sign. */
  @Test
  void publicKey_usedAsASecret_isRefused() throws JOSEException {
    for (byte[] secret :
        List.of(
            RSA.key().toRSAKey().toPublicKey().getEncoded(),
            RSA.key().toPublicJWK().toJSONString().getBytes(UTF_8))) {
      SignedJWT forged =
          new SignedJWT(new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("r").build(), claims());
      forged.sign(new MACSigner(secret));

      refused(forged.serialize(), "algorithm that is not accepted");
    }
  }

  @Test
  void algorithm_thatIsNotConfigured_isRefused() {
    JwtSettings s = Issuer.settings(RSA);
    JwtSettings onlyEs256 =
        new JwtSettings(
            s.issuer(),
            s.audience(),
            s.keys(),
            Set.of("ES256"),
            s.clockSkew(),
            s.claims(),
            s.limits(),
            true);

    assertThat(TokenCheck.check(GOOD, onlyEs256, Issuer.keys(RSA), NOW))
        .isInstanceOf(Result.Bad.class);
  }

  @Test
  void kind_ofAnotherPurpose_isRefused() {
    JWSHeader.Builder header = RSA.header(JWSAlgorithm.RS256);

    assertThat(check(RSA.sign(header.type(JOSEObjectType.JWT), claims())))
        .isInstanceOf(Result.Good.class);
    assertThat(check(RSA.sign(header.type(new JOSEObjectType("at+jwt")), claims())))
        .isInstanceOf(Result.Good.class);
    refused(RSA.sign(header.type(new JOSEObjectType("logout+jwt")), claims()), "of a kind");
    refused(
        RSA.sign(
            RSA.header(JWSAlgorithm.RS256).criticalParams(Set.of("x")).customParam("x", 1),
            claims()),
        "of a kind");
  }

  @ParameterizedTest
  @ValueSource(strings = {"..", "a.b.c", "e30.e30.e30", "eyJhbGciOiJSUzI1NiJ9..", " . . "})
  void text_thatIsNoToken_isRefused(String text) {
    refused(text, "");
  }

  @Test
  void json_thatIsNestedDeeply_isRefused() {
    refused(encoded("{\"alg\":\"RS256\",\"x\":" + "[".repeat(5000)) + ".e30.AA", "");
    refused(GOOD.split("\\.", -1)[0] + "." + encoded("[".repeat(5000)) + ".AA", "");
  }

  @Property
  void token_thatWasDamaged_isNeverGood(
      @ForAll @IntRange(min = 0, max = 100_000) int at, @ForAll @IntRange(max = 127) int with) {
    char[] damaged = GOOD.toCharArray();
    int place = at % damaged.length;
    boolean sameBits = place == damaged.length - 1 || "+/=".indexOf(with) >= 0;
    char before = damaged[place];
    damaged[place] = (char) with;

    Result result = check(new String(damaged));

    if (before != with && !sameBits) {
      assertThat(result).isNotInstanceOf(Result.Good.class);
    }
  }

  @Property
  void keys_thatWereDamaged_areReadOrNot_butNeverThrow(
      @ForAll @IntRange(min = 0, max = 100_000) int at, @ForAll @IntRange(max = 127) int with) {
    char[] damaged = JWKS.toCharArray();
    damaged[at % damaged.length] = (char) with;

    KeySet keys = KeySet.parse(new String(damaged));

    assertThat(keys == null || keys.size() <= 2).isTrue();
  }

  @Test
  void keys_thatCannotVerifyHere_areLeftOut() throws JOSEException {
    JWKSet weak =
        new JWKSet(
            List.of(
                new OctetSequenceKeyGenerator(256).keyID("o").generate(),
                new RSAKeyGenerator(1024, true).keyID("w").generate()));

    assertThat(KeySet.parse(weak.toString(false))).isNull();
    assertThat(KeySet.parse("{\"keys\":[]}")).isNotNull();
    for (String none : List.of("", "{}", "[]", "<html>", "{\"keys\":7}", "{\"keys\":[{}]}")) {
      assertThat(KeySet.parse(none)).as(none).isNull();
    }
  }

  @Test
  void privateKeys_thatWerePublished_areNotKept() {
    String secret = new JWKSet(RSA.key()).toString(false);

    assertThat(KeySet.parse(secret)).isEqualTo(Issuer.keys(RSA));
  }
}
