package dev.loragateway.config;

import java.util.function.Function;

/**
 * How the text of one value is written. Immutable.
 *
 * @param expected what a right value looks like, for messages
 * @param parser turns the text, which is never blank, into the value
 */
record Format<T>(String expected, Function<String, Parsed<T>> parser) {
  Parsed<T> parse(String text) {
    return text.isBlank() ? new Parsed.Wrong<>("is empty") : parser.apply(text);
  }
}
