package dev.loragateway.config;

import java.util.List;

/** What came of reading a configuration file. Immutable. */
public sealed interface ConfigResult {

  /**
   * The file may be used. Immutable.
   *
   * @param warnings what is accepted but has no effect, or hardly the one intended
   */
  record Valid(GatewayConfig config, List<String> warnings) implements ConfigResult {
    public Valid {
      warnings = List.copyOf(warnings);
    }
  }

  /**
   * The file may not be used. Immutable.
   *
   * @param errors every mistake that was found, in the order of the file; at least one
   */
  record Invalid(List<ConfigError> errors) implements ConfigResult {
    public Invalid {
      errors = List.copyOf(errors);
    }
  }
}
