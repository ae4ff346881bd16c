package dev.loragateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Reads configurations in tests. */
final class Configs {
  /** The shortest valid file; the lines of a pool may follow, then those of the root. */
  static final String MINIMAL =
      """
      pools:
        - name: p
          baseModel: base
          endpoints: [ "http://a:8000" ]
      """;

  private Configs() {}

  static ConfigResult parse(String yaml, Map<String, String> env) {
    return ConfigLoader.parse(yaml, "gateway.yaml", Path.of("").toAbsolutePath(), env);
  }

  static GatewayConfig valid(String yaml) {
    return valid(parse(yaml, Map.of())).config();
  }

  static ConfigResult.Valid valid(ConfigResult result) {
    assertThat(result).isInstanceOf(ConfigResult.Valid.class);
    return (ConfigResult.Valid) result;
  }

  /** The errors of a file, each as it is printed. */
  static List<String> errors(String yaml) {
    return errors(parse(yaml, Map.of()));
  }

  static List<String> errors(ConfigResult result) {
    assertThat(result).isInstanceOf(ConfigResult.Invalid.class);
    return ((ConfigResult.Invalid) result).errors().stream().map(ConfigError::toString).toList();
  }
}
