package dev.loragateway.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What the reading of one file brings to light. Confined to the reading thread. */
final class Findings {
  private final String source;
  private final List<ConfigError> errors;
  private final List<String> warnings;
  private final Set<String> keys;
  private final boolean secret;

  Findings(String source) {
    this(source, new ArrayList<>(), new ArrayList<>(), new LinkedHashSet<>(), false);
  }

  private Findings(
      String source,
      List<ConfigError> errors,
      List<String> warnings,
      Set<String> keys,
      boolean secret) {
    this.source = source;
    this.errors = errors;
    this.warnings = warnings;
    this.keys = keys;
    this.secret = secret;
  }

  /** Findings of another file that belongs to this one. */
  Findings of(String other) {
    return new Findings(other, errors, warnings, keys, secret);
  }

  /** Findings of another file, or of this one, in which any value may be a secret. */
  Findings ofSecrets(String other) {
    return new Findings(other, errors, warnings, keys, true);
  }

  /** A value of an unexpected kind, for a message. */
  String shown(String value) {
    return secret ? "a text" : Text.quote(value);
  }

  void error(String path, int line, String message) {
    errors.add(new ConfigError(source, line, path, message));
  }

  void warning(String message) {
    warnings.add(Text.line(message));
  }

  /** Notes a key that the reader understands, whether the file has it or not. */
  void key(String path) {
    keys.add(path.replaceAll("\\[\\d+]", "[]"));
  }

  int errorCount() {
    return errors.size();
  }

  /** The errors in the order of the file. */
  List<ConfigError> errors() {
    return errors.stream().sorted(Comparator.comparingInt(ConfigError::line)).toList();
  }

  List<String> warnings() {
    return warnings;
  }

  /** The keys that the reader understands, like {@code pools[].scrape.interval}. */
  Set<String> keys() {
    return keys;
  }
}
