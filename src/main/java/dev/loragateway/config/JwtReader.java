package dev.loragateway.config;

import dev.loragateway.access.JwtSettings;
import dev.loragateway.access.JwtSettings.Claims;
import dev.loragateway.access.JwtSettings.KeySource;
import dev.loragateway.access.KeySet;
import dev.loragateway.access.RateLimits;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads which tokens prove who sent a request. Confined to the reading thread. */
final class JwtReader {
  private static final Duration DEFAULT_INTERVAL = Duration.ofMinutes(5);
  private static final Duration DEFAULT_SKEW = Duration.ofSeconds(30);
  private static final Pattern NAME = Pattern.compile("[\\x21-\\x7e]{1,256}");

  private static final Format<String> ISSUER = name("the issuer, as tokens name it (iss)");
  private static final Format<String> AUDIENCE = name("the audience, as tokens name it (aud)");
  private static final Format<String> CLAIM = name("the name of a claim");

  private static final Format<String> ALGORITHM =
      new Format<>(
          "one of " + String.join(", ", JwtSettings.ALGORITHMS),
          text ->
              JwtSettings.ALGORITHMS.contains(text)
                  ? new Parsed.Value<>(text)
                  : Parsed.wrong(text, "is not accepted"));

  /** The message does not repeat what may hold a password. */
  private static final Format<URI> URL =
      new Format<>("an https:// or http:// URL without a user and a fragment", JwtReader::url);

  private final Format<KeySet> keySets;
  private final Format<List<X509Certificate>> certificates;

  JwtReader(Path baseDir) {
    keySets =
        FileFormat.of("a readable JWK set with public RSA or EC keys", baseDir, JwtReader::keySet);
    certificates = CertificateFiles.in(baseDir);
  }

  private static Format<String> name(String what) {
    return new Format<>(
        what + ": 1 to 256 printable ASCII characters without spaces",
        text ->
            NAME.matcher(text).matches()
                ? new Parsed.Value<>(text)
                : Parsed.wrong(text, "is no such name"));
  }

  private static Parsed<URI> url(String text) {
    try {
      URI url = new URI(text);
      boolean web = "https".equals(url.getScheme()) || "http".equals(url.getScheme());
      boolean plain = url.getRawUserInfo() == null && url.getRawFragment() == null;
      return web && plain && url.getHost() != null
          ? new Parsed.Value<>(url)
          : new Parsed.Wrong<>("is no such URL");
    } catch (URISyntaxException e) {
      return new Parsed.Wrong<>("is no such URL");
    }
  }

  private static Parsed<KeySet> keySet(String file, byte[] bytes) {
    KeySet keys = KeySet.parse(new String(bytes, StandardCharsets.UTF_8));
    return keys == null ? Parsed.wrong(file, "is no such set") : new Parsed.Value<>(keys);
  }

  /** Null when the section is not there, or has mistakes. */
  @Nullable JwtSettings read(Section section, boolean there) {
    Located<String> issuer = required(section, "issuer", ISSUER, there);
    Located<String> audience = required(section, "audience", AUDIENCE, there);
    KeySource keys = keys(section, there);
    int before = section.faults();
    List<String> algorithms = section.values("algorithms", ALGORITHM, JwtSettings.ALGORITHMS);
    if (algorithms.isEmpty() && section.faults() == before) {
      section.fault("algorithms", "is empty (expected: " + ALGORITHM.expected() + ")");
    }
    Duration skew =
        section.value("clockSkew", Quantities.durationOrOff(Duration.ofMinutes(5)), DEFAULT_SKEW);
    Claims claims = section.section("claims", JwtReader::claims);
    RateLimits limits = section.section("limits", KeysReader::limits);
    boolean details = section.value("details", Formats.BOOLEAN, true);
    for (String key : List.of("claims", "limits")) {
      if (section.isEmpty(key)) {
        section.fault(key, "is empty, which would bound nothing (expected: its keys, or none)");
      }
    }
    return issuer == null || audience == null || keys == null
        ? null
        : new JwtSettings(
            issuer.value(),
            audience.value(),
            keys,
            Set.copyOf(algorithms),
            skew,
            claims,
            limits,
            details);
  }

  private static <T> @Nullable Located<T> required(
      Section section, String key, Format<T> format, boolean there) {
    return there ? section.require(key, format) : section.find(key, format);
  }

  private @Nullable KeySource keys(Section section, boolean there) {
    Located<KeySet> file = section.find("jwksFile", keySets);
    Located<URI> url = section.find("jwksUrl", URL);
    List<X509Certificate> ca = section.value("jwksCa", certificates, List.of());
    Duration interval =
        section.value(
            "jwksInterval",
            Quantities.duration(Duration.ofSeconds(10), Duration.ofHours(24)),
            DEFAULT_INTERVAL);
    if (there && section.present() && section.has("jwksFile") == section.has("jwksUrl")) {
      section.fault(
          section.has("jwksUrl") ? "jwksUrl" : "jwksFile",
          section.has("jwksUrl")
              ? "is there besides jwksFile (expected: one of the two)"
              : "is missing (expected: jwksFile or jwksUrl)");
    }
    for (String key : List.of("jwksCa", "jwksInterval")) {
      if (section.has(key) && !section.has("jwksUrl")) {
        section.fault(key, "has no effect without jwksUrl (expected: both)");
      }
    }
    if (url == null) {
      return file == null ? null : new KeySource.Fixed(file.value());
    }
    checkScheme(section, url.value());
    return new KeySource.Url(url.value(), ca, interval);
  }

  private static void checkScheme(Section section, URI url) {
    if (url.getScheme().equals("https")) {
      return;
    }
    if (section.has("jwksCa")) {
      section.fault("jwksCa", "has no effect: jwksUrl is http (expected: https)");
    }
    section.warn("jwksUrl", "is http: whoever can change what comes from there can let anybody in");
  }

  private static Claims claims(Section section) {
    return new Claims(
        text(section.find("tenant", CLAIM)),
        text(section.find("models", CLAIM)),
        text(section.find("priority", CLAIM)));
  }

  private static @Nullable String text(@Nullable Located<String> found) {
    return found == null ? null : found.value();
  }
}
