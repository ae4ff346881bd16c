package dev.loragateway.config;

import static dev.loragateway.config.Configs.MINIMAL;
import static dev.loragateway.config.Configs.errors;
import static dev.loragateway.config.Configs.valid;
import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.access.AccessSettings;
import dev.loragateway.access.ApiKey;
import dev.loragateway.access.Caller;
import dev.loragateway.access.ModelPatterns;
import dev.loragateway.access.RateLimits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeysFileTest {
  private static final String HASH = "a".repeat(64);

  @TempDir private Path directory;

  @BeforeEach
  void writeConfiguration() throws IOException {
    Files.writeString(
        directory.resolve("gateway.yaml"), MINIMAL + "access: { keysFile: keys.yaml }\n");
  }

  private ConfigResult load(String keys) {
    try {
      Files.writeString(directory.resolve("keys.yaml"), keys);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return load();
  }

  private ConfigResult load() {
    return ConfigLoader.load(directory.resolve("gateway.yaml"), Map.of("HASH", HASH));
  }

  private AccessSettings access(String keys) {
    return valid(load(keys)).config().proxy().access();
  }

  @Test
  void key_complete_fillsEverySetting() {
    AccessSettings access =
        access(
            """
            keys:
              - name: acme-1
                sha256: ${HASH}
                tenant: acme
                models: [ "acme/*", base ]
                limits: { requestsPerMinute: 1, tokensPerMinute: 2, parallel: 3 }
                priority: premium
                expires: 2027-01-31T01:00:00+01:00
                details: false
            """);

    assertThat(access)
        .isEqualTo(
            new AccessSettings(
                true,
                List.of(
                    new ApiKey(
                        new Caller(
                            "acme-1",
                            "acme",
                            new ModelPatterns(List.of("acme/*", "base")),
                            new RateLimits(1, 2, 3),
                            "premium",
                            false),
                        HASH,
                        Instant.parse("2027-01-31T00:00:00Z")))));
  }

  @Test
  void key_minimal_mayDoEverything() {
    AccessSettings access = access("keys: [ { name: k, sha256: " + "A".repeat(64) + " } ]");

    assertThat(access.keys())
        .containsExactly(
            new ApiKey(
                new Caller("k", "k", ModelPatterns.ALL, RateLimits.NONE, null, true), HASH, null));
  }

  @Test
  void noKeys_letNobodyIn() {
    assertThat(access("keys: []")).isEqualTo(new AccessSettings(true, List.of()));
  }

  @Test
  void withoutTheSection_everybodyMay() {
    assertThat(valid(MINIMAL).proxy().access()).isEqualTo(AccessSettings.OPEN);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "keys: [ { name: k } ]|:1: keys[0].sha256: is missing (expected: the key's SHA-256",
        "keys: [ { name: k, sha256: sk-secret } ]|:1: keys[0].sha256: is no SHA-256 (expected:",
        "keys: [ { name: k, sha256: HASH, limit: 1 } ]|:1: keys[0].limit: is an unknown key",
        "keys: [ { name: k, sha256: HASH, expires: 2027-01-31 } ]|:1: keys[0].expires:"
            + " \"2027-01-31\" is no time with an offset (expected: a time with its offset, as",
        "keys: [ { name: k, sha256: HASH, limits: { parallel: 0 } } ]|:1: keys[0].limits.parallel:"
            + " \"0\" is out of range",
        "keys: [ { name: k, sha256: HASH, models: [ \"a b\" ] } ]|:1: keys[0].models[0]: \"a b\" is"
            + " no name of a model",
        "keys: [ { name: k, sha256: HASH }, { name: k, sha256: HASHB } ]|:1: keys[1].name: \"k\" is"
            + " there twice",
        "keys: [ { name: k, sha256: HASH }, { name: l, sha256: HASH } ]|:1: keys[1].sha256: is that"
            + " of \"k\" too",
        "keys: [ sk-secret ]|:1: keys[0]: a text is not a mapping",
        "keys: {|:1: "
      })
  void keysFile_withAMistake_saysWhereItIs(String yaml, String beginning) {
    String keys = yaml.replace("HASHB", "b".repeat(64)).replace("HASH", HASH);

    assertThat(errors(load(keys)))
        .singleElement()
        .asString()
        .startsWith(directory.resolve("keys.yaml") + beginning)
        .doesNotContain("sk-secret");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "# nothing", "key: []", "keys:"})
  void keysFile_withoutKeys_isRefused(String yaml) {
    assertThat(errors(load(yaml)))
        .anyMatch(error -> error.contains("keys: is missing (expected: a list of keys)"));
  }

  @Test
  void keysFile_missing_isRefused() {
    assertThat(errors(load()))
        .containsExactly(
            "%s:5: access.keysFile: %s cannot be read (expected: a YAML file in UTF-8)"
                .formatted(directory.resolve("gateway.yaml"), directory.resolve("keys.yaml")));
  }

  @Test
  void fileName_ofSeveralLines_isToldInOne() {
    String yaml = MINIMAL + "access: { keysFile: \"a\\nb\" }\n";

    assertThat(
            ((ConfigResult.Invalid) ConfigLoader.parse(yaml, "gateway.yaml", directory, Map.of()))
                .errors())
        .singleElement()
        .asString()
        .doesNotContain("\n")
        .contains("a\ufffdb cannot be read");
  }
}
