package dev.loragateway.config;

import dev.loragateway.access.AccessSettings;
import dev.loragateway.access.ApiKey;
import dev.loragateway.access.JwtSettings;
import dev.loragateway.access.KeysSecret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads who may use the gateway. Confined to the reading thread. */
final class AccessReader {
  private static final int MAX_BYTES = 16 << 20;
  private static final Pattern ENTRY = Pattern.compile("[-._a-zA-Z0-9]{1,253}");
  private static final String DEFAULT_ENTRY = "keys.yaml";

  private static final Format<String> SECRET_KEY =
      new Format<>(
          "the key of an entry of the Secret: letters, digits, dots, dashes and underscores",
          text ->
              ENTRY.matcher(text).matches()
                  ? new Parsed.Value<>(text)
                  : Parsed.wrong(text, "is no key of a Secret"));

  private final Path baseDir;
  private final Environment environment;
  private final Findings findings;
  private final JwtReader jwtReader;

  AccessReader(Path baseDir, Environment environment, Findings findings) {
    this.baseDir = baseDir;
    this.environment = environment;
    this.findings = findings;
    this.jwtReader = new JwtReader(baseDir);
  }

  AccessSettings read(Section section) {
    List<ApiKey> keys = fileOfKeys(section);
    boolean named = section.has("keysSecret");
    KeysSecret secret =
        section.<@Nullable KeysSecret>section("keysSecret", of -> secret(of, named));
    boolean tokens = section.has("jwt");
    JwtSettings jwt =
        section.<@Nullable JwtSettings>section("jwt", of -> jwtReader.read(of, tokens));
    if (section.has("keysFile") && named) {
      section.fault("keysSecret", "is there besides keysFile (expected: one of the two)");
    }
    for (String key : List.of("keysSecret", "jwt")) {
      if (section.isEmpty(key)) {
        section.fault(key, "is empty, which would let everybody in (expected: its keys, or none)");
      }
    }
    boolean required = section.has("keysFile") || named || tokens;
    return required ? new AccessSettings(true, keys, secret, jwt) : AccessSettings.OPEN;
  }

  private List<ApiKey> fileOfKeys(Section section) {
    Located<String> file = section.find("keysFile", Formats.PATH);
    if (file == null) {
      return List.of();
    }
    Path path = baseDir.resolve(file.value());
    try {
      if (Files.size(path) > MAX_BYTES) {
        section.fault("keysFile", path + " is too large (expected: at most 16MiB)");
        return List.of();
      }
      return KeysReader.read(
          Files.readString(path), environment, findings.ofSecrets(path.toString()));
    } catch (IOException e) {
      section.fault("keysFile", path + " cannot be read (expected: a YAML file in UTF-8)");
      return List.of();
    }
  }

  private static @Nullable KeysSecret secret(Section section, boolean named) {
    Located<String> name =
        named
            ? section.require("name", Formats.KUBERNETES_NAME)
            : section.find("name", Formats.KUBERNETES_NAME);
    String namespace = section.value("namespace", Formats.KUBERNETES_NAME, "");
    String key = section.value("key", SECRET_KEY, DEFAULT_ENTRY);
    return name == null ? null : new KeysSecret(namespace, name.value(), key);
  }
}
