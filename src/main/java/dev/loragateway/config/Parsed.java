package dev.loragateway.config;

/** What came of parsing the text of one value. Immutable. */
sealed interface Parsed<T> {
  record Value<T>(T value) implements Parsed<T> {}

  /** The problem begins with the text at fault, unless that is a secret. */
  record Wrong<T>(String problem) implements Parsed<T> {}

  static <T> Parsed<T> wrong(String text, String problem) {
    return new Wrong<>(Text.quote(text) + " " + problem);
  }
}
