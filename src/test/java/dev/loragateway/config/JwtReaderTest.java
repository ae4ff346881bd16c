package dev.loragateway.config;

import static dev.loragateway.config.Configs.MINIMAL;
import static dev.loragateway.config.Configs.errors;
import static dev.loragateway.config.Configs.valid;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.access.AccessSettings;
import dev.loragateway.access.Issuer;
import dev.loragateway.access.JwtSettings;
import dev.loragateway.access.JwtSettings.Claims;
import dev.loragateway.access.JwtSettings.KeySource;
import dev.loragateway.access.KeySet;
import dev.loragateway.access.KeysSecret;
import dev.loragateway.access.RateLimits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens, and the Secret of keys. */
class JwtReaderTest {
  private static final String JWKS = Issuer.jwks(Issuer.ec("k"));
  private static final String FILE = "issuer: i, audience: a, jwksFile: jwks.json";
  private static final String URL = "issuer: i, audience: a, jwksUrl: \"https://i/k\"";

  @TempDir private Path directory;

  @BeforeEach
  void writeKeys() throws IOException {
    Files.writeString(directory.resolve("jwks.json"), JWKS);
    Files.writeString(directory.resolve("none.json"), "{}");
    Files.writeString(directory.resolve("keys.yaml"), "keys: []");
  }

  private ConfigResult load(String access) {
    try {
      Path file = directory.resolve("gateway.yaml");
      return ConfigLoader.load(
          Files.writeString(file, MINIMAL + "access: { " + access + " }\n"), Map.of());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private AccessSettings access(String access) {
    return valid(load(access)).config().proxy().access();
  }

  private static KeySource.Fixed keys(String json) {
    return new KeySource.Fixed(Objects.requireNonNull(KeySet.parse(json)));
  }

  @Test
  void jwt_minimal_hasTheDefaults() {
    assertThat(access("jwt: { " + FILE + " }"))
        .isEqualTo(
            new AccessSettings(
                true,
                List.of(),
                null,
                new JwtSettings(
                    "i",
                    "a",
                    keys(JWKS),
                    Set.of(
                        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384",
                        "ES512"),
                    Duration.ofSeconds(30),
                    Claims.NONE,
                    RateLimits.NONE,
                    true)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"access:", "access: ~", "access: {}"})
  void access_withoutKeys_isRefused(String access) {
    ConfigResult result =
        ConfigLoader.parse(MINIMAL + access + "\n", "gateway.yaml", directory, Map.of());

    assertThat(((ConfigResult.Invalid) result).errors())
        .singleElement()
        .asString()
        .contains("access: names no keys, which would let everybody in");
  }

  @Test
  void jwt_complete_fillsEverySetting() {
    String jwt =
        "issuer: i, audience: a, jwksUrl: \"https://i/k\", jwksInterval: 1m, algorithms: [ ES256 ],"
            + " clockSkew: 0, claims: { tenant: t, models: m, priority: p },"
            + " limits: { requestsPerMinute: 1, tokensPerMinute: 2, parallel: 3 }, details: false";

    assertThat(access("jwt: { " + jwt + " }").jwt())
        .isEqualTo(
            new JwtSettings(
                "i",
                "a",
                new KeySource.Url(URI.create("https://i/k"), List.of(), Duration.ofMinutes(1)),
                Set.of("ES256"),
                Duration.ZERO,
                new Claims("t", "m", "p"),
                new RateLimits(1, 2, 3),
                false));
  }

  @Test
  void fileOfKeys_ofAnotherContent_isAnotherConfiguration() throws IOException {
    AccessSettings before = access("jwt: { " + FILE + " }");
    assertThat(access("jwt: { " + FILE + " }")).isEqualTo(before);

    Files.writeString(directory.resolve("jwks.json"), Issuer.jwks(Issuer.ec("k")));

    assertThat(access("jwt: { " + FILE + " }")).isNotEqualTo(before);
  }

  @Test
  void urlThatIsNotHttps_isAcceptedWithAWarning() {
    assertThat(valid(load("jwt: { " + URL.replace("https", "http") + " }")).warnings())
        .singleElement()
        .asString()
        .startsWith("access.jwt.jwksUrl is http: ");
  }

  @Test
  void keysSecret_isRead_besidesTokens() {
    assertThat(access("keysSecret: { name: keys }").secret())
        .isEqualTo(new KeysSecret("", "keys", "keys.yaml"));
    AccessSettings both =
        access("keysSecret: { name: keys, namespace: edge, key: k }, jwt: { " + FILE + " }");
    assertThat(both.required()).isTrue();
    assertThat(both.secret()).isEqualTo(new KeysSecret("edge", "keys", "k"));
    assertThat(both.jwt()).isNotNull();
  }

  /** Each row is one mistake: the section, the key at fault, and what is said. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "jwt: { FILE, issuer2: x }|jwt.issuer2|is an unknown key",
        "jwt: { audience: a, jwksFile: jwks.json }|jwt.issuer|is missing (expected: the issuer,",
        "jwt: { issuer: i, jwksFile: jwks.json }|jwt.audience|is missing (expected: the audience,",
        "jwt: { issuer: 'i i', audience: a, jwksFile: jwks.json }|jwt.issuer|\"i i\" is no such",
        "jwt: { issuer: i, audience: '', jwksFile: jwks.json }|jwt.audience|is empty",
        "jwt: { issuer: i, audience: a }|jwt.jwksFile|is missing (expected: jwksFile or jwksUrl)",
        "jwt: { URL, jwksFile: jwks.json }|jwt.jwksUrl|is there besides jwksFile",
        "jwt: { issuer: i, audience: a, jwksFile: no.json }|jwt.jwksFile|FILE:no.json\" is not a"
            + " readable file (expected: a readable JWK set",
        "jwt: { issuer: i, audience: a, jwksFile: none.json }|jwt.jwksFile|FILE:none.json\" is no"
            + " such set (expected: a readable JWK set with public RSA or EC keys",
        "jwt: { issuer: i, audience: a, jwksUrl: i/k }|jwt.jwksUrl|is no such URL (expected: an"
            + " https:// or http:// URL without a user and a fragment)",
        "jwt: { issuer: i, audience: a, jwksUrl: 'ftp://i/k' }|jwt.jwksUrl|is no such URL",
        "jwt: { issuer: i, audience: a, jwksUrl: 'https://me:s3cret@i/k' }|jwt.jwksUrl|is no such",
        "jwt: { issuer: i, audience: a, jwksUrl: 'https://i/k#x' }|jwt.jwksUrl|is no such URL",
        "jwt: { issuer: i, audience: a, jwksUrl: 'https://i i' }|jwt.jwksUrl|is no such URL",
        "jwt: { issuer: i, audience: a, jwksUrl: 'https:///k' }|jwt.jwksUrl|is no such URL",
        "jwt: { URL, jwksInterval: 1s }|jwt.jwksInterval|\"1s\" is out of range",
        "jwt: { FILE, jwksInterval: 1m }|jwt.jwksInterval|has no effect without jwksUrl",
        "jwt: { URL, jwksCa: no.pem }|jwt.jwksCa|FILE:no.pem\" is not a readable file",
        "jwt: { URL, algorithms: [ HS256 ] }|jwt.algorithms[0]|\"HS256\" is not accepted (expected:"
            + " one of RS256, RS384,",
        "jwt: { URL, algorithms: [ none ] }|jwt.algorithms[0]|\"none\" is not accepted",
        "jwt: { URL, algorithms: [ rs256 ] }|jwt.algorithms[0]|\"rs256\" is not accepted",
        "jwt: { URL, algorithms: [] }|jwt.algorithms|is empty (expected: one of RS256,",
        "jwt: { URL, clockSkew: 30 }|jwt.clockSkew|\"30\" has no unit",
        "jwt: { URL, clockSkew: 1h }|jwt.clockSkew|\"1h\" is out of range",
        "jwt: { URL, claims: { tenant: 'a b' } }|jwt.claims.tenant|\"a b\" is no such name",
        "jwt: { URL, claims: { model: m } }|jwt.claims.model|is an unknown key (did you mean",
        "jwt: { URL, claims: { priority: '' } }|jwt.claims.priority|is empty",
        "jwt: { URL, limits: { parallel: 0 } }|jwt.limits.parallel|\"0\" is out of range",
        "jwt: { URL, details: perhaps }|jwt.details|\"perhaps\" is neither true nor false",
        "jwt: x|jwt|\"x\" is not a mapping",
        "jwt: ~|jwt|is empty, which would let everybody in",
        "keysSecret: ~|keysSecret|is empty, which would let everybody in",
        "jwt: { URL, claims: ~ }|jwt.claims|is empty, which would bound nothing",
        "jwt: { URL, limits: ~ }|jwt.limits|is empty, which would bound nothing",
        "keysSecret: { namespace: x }|keysSecret.name|is missing (expected: a Kubernetes name",
        "keysSecret: { name: X }|keysSecret.name|\"X\" is not a Kubernetes name",
        "keysSecret: { name: x, namespace: Y }|keysSecret.namespace|\"Y\" is not a Kubernetes name",
        "keysSecret: { name: x, key: a/b }|keysSecret.key|\"a/b\" is no key of a Secret",
        "keysSecret: { name: x }, keysFile: keys.yaml|keysSecret|is there besides keysFile",
      })
  void access_withOneMistake_namesKeyAndExpectation(String access, String key, String message) {
    String yaml = access.replace("FILE", FILE).replace("URL", URL);

    assertThat(errors(load(yaml)))
        .singleElement()
        .asString()
        .startsWith(
            directory.resolve("gateway.yaml")
                + ":5: access."
                + key
                + ": "
                + message.replace("FILE:", "\"" + directory + "/"))
        .doesNotContain("s3cret");
  }

  @ParameterizedTest
  @ValueSource(strings = {"jwt: {}", "jwt: { issuer: i }"})
  void jwt_thatSaysTooLittle_lacksAllTheRest(String access) {
    assertThat(errors(load(access))).hasSizeGreaterThanOrEqualTo(2);
  }

  @Test
  void jwksCa_ofPlainHttp_isRefused() throws IOException {
    Files.writeString(directory.resolve("ca.pem"), "");
    String http = URL.replace("https", "http");

    assertThat(errors(load("jwt: { " + http + ", jwksCa: ca.pem }")))
        .anyMatch(error -> error.contains("access.jwt.jwksCa: has no effect: jwksUrl is http"));
  }
}
