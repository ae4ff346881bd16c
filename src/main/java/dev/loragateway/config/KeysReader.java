package dev.loragateway.config;

import dev.loragateway.access.ApiKey;
import dev.loragateway.access.Caller;
import dev.loragateway.access.ModelPatterns;
import dev.loragateway.access.RateLimits;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads API keys, as a file or a Secret holds them. Stateless. */
public final class KeysReader {
  private static final Pattern SHA256 = Pattern.compile("[0-9a-fA-F]{64}");
  private static final int LONGEST_PATTERN = 256;

  private static final Format<String> HASH =
      new Format<>(
          "the key's SHA-256 in 64 hexadecimal digits, as `printf %s KEY | sha256sum` prints it",
          text ->
              SHA256.matcher(text).matches()
                  ? new Parsed.Value<>(text.toLowerCase(Locale.ROOT))
                  : new Parsed.Wrong<>("is no SHA-256"));

  private static final Format<Instant> TIME =
      new Format<>(
          "a time with its offset, as 2027-01-31T00:00:00Z",
          text -> {
            try {
              return new Parsed.Value<>(OffsetDateTime.parse(text).toInstant());
            } catch (DateTimeException e) {
              return Parsed.wrong(text, "is no time with an offset");
            }
          });

  private static final Format<String> MODELS =
      new Format<>(
          "a model's name, in which * stands for any text, as acme/*",
          text ->
              text.length() <= LONGEST_PATTERN && text.chars().noneMatch(c -> c <= ' ' || c == 127)
                  ? new Parsed.Value<>(text)
                  : Parsed.wrong(text, "is no name of a model"));

  private KeysReader() {}

  /**
   * Reads text of somebody who need not know the gateway's environment.
   *
   * @param source how messages call it
   */
  public static KeysResult parse(String yaml, String source) {
    Findings findings = new Findings(source).ofSecrets(source);
    List<ApiKey> keys = read(yaml, new Environment(Map.of()), findings);
    return findings.errorCount() == 0
        ? new KeysResult.Valid(keys)
        : new KeysResult.Invalid(findings.errors());
  }

  /** The keys without the wrong ones, which become findings. */
  static List<ApiKey> read(String yaml, Environment environment, Findings findings) {
    YamlNode root = YamlTree.parse(yaml, findings);
    if (root instanceof YamlNode.Faulty) {
      return List.of();
    }
    Set<String> names = new HashSet<>();
    Map<String, String> hashes = new HashMap<>();
    return Section.read(
        root,
        environment,
        findings,
        file -> {
          if (!file.has("keys")) {
            file.fault("keys", "is missing (expected: a list of keys)");
          }
          return file.optionalSections("keys", "a list of keys", key -> key(key, names, hashes));
        });
  }

  private static ApiKey key(Section key, Set<String> names, Map<String, String> hashes) {
    Located<String> name = key.require("name", Formats.POOL_NAME);
    Located<String> hash = key.require("sha256", HASH);
    if (name != null && !names.add(name.value())) {
      key.fault("name", Text.quote(name.value()) + " is there twice (expected: a name for each)");
    }
    if (name != null && hash != null) {
      String other = hashes.putIfAbsent(hash.value(), name.value());
      if (other != null) {
        key.fault("sha256", "is that of " + Text.quote(other) + " too (expected: a key for each)");
      }
    }
    String known = name == null ? "" : name.value();
    Located<Instant> expires = key.find("expires", TIME);
    Caller caller =
        new Caller(
            known,
            key.value("tenant", Formats.POOL_NAME, known),
            new ModelPatterns(key.values("models", MODELS, ModelPatterns.ALL.patterns())),
            key.section("limits", KeysReader::limits),
            value(key.find("priority", Formats.POOL_NAME)),
            key.value("details", Formats.BOOLEAN, true));
    return new ApiKey(caller, hash == null ? "" : hash.value(), value(expires));
  }

  private static <T> @Nullable T value(@Nullable Located<T> found) {
    return found == null ? null : found.value();
  }

  static RateLimits limits(Section limits) {
    return new RateLimits(
        limits.value("requestsPerMinute", Quantities.integer(1, 1_000_000_000), 0),
        limits.value("tokensPerMinute", Quantities.integer(1, Integer.MAX_VALUE), 0),
        limits.value("parallel", Quantities.integer(1, 1_000_000), 0));
  }
}
