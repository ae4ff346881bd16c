package dev.loragateway.config;

/**
 * One mistake in a configuration file, told in one printable line whatever the file has. Immutable.
 *
 * @param source the file, as its reader named it
 * @param line line of the file, counted from 1; 0 = none in particular
 * @param path the key at fault, like {@code pools[0].endpoints[1]}; empty = the whole file
 * @param message what was wrong and what was expected
 */
public record ConfigError(String source, int line, String path, String message) {
  public ConfigError {
    source = Text.line(source);
    path = Text.line(path);
    message = Text.line(message);
  }

  /** {@code gateway.yaml:12: pools[0].name: is missing (expected: ...)}. */
  @Override
  public String toString() {
    return source
        + (line > 0 ? ":" + line : "")
        + ": "
        + (path.isEmpty() ? "" : path + ": ")
        + message;
  }
}
