package dev.loragateway.config;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;

/** The formats of names, switches and choices. Stateless. */
final class Formats {
  private static final int LONGEST_MODEL = 256;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
  private static final Pattern DNS_NAME =
      Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
  private static final int LONGEST_DNS_NAME = 253;
  private static final int LONGEST_PORT_NAME = 63;
  private static final Pattern HEADER_SAFE = Pattern.compile("[\\x21-\\x7e]+");

  /** The name of a pool: plain enough for a metric's label. */
  static final Format<String> POOL_NAME =
      new Format<>(
          "up to 63 letters, digits, dots, dashes and underscores, the first a letter or a digit",
          text -> NAME.matcher(text).matches() ? value(text) : Parsed.wrong(text, "is not a name"));

  /** The name of a model, as clients send it. */
  static final Format<String> MODEL =
      new Format<>(
          "a model's name of up to 256 characters, without spaces around it or control characters",
          text -> isModel(text) ? value(text) : Parsed.wrong(text, "is not a model's name"));

  /** The name of a Kubernetes object (a DNS subdomain). */
  static final Format<String> KUBERNETES_NAME =
      new Format<>(
          "a Kubernetes name: up to 253 lower-case letters, digits, dots and dashes",
          text ->
              DNS_NAME.matcher(text).matches() && text.length() <= LONGEST_DNS_NAME
                  ? value(text)
                  : Parsed.wrong(text, "is not a Kubernetes name"));

  /** The port of a Service, by name or number. */
  static final Format<String> KUBERNETES_PORT =
      new Format<>(
          "the name or the number of a port",
          text ->
              isPort(text) ? value(text) : Parsed.wrong(text, "is neither a port's name nor one"));

  /** A context of a kubeconfig file, which may have any name. */
  static final Format<String> CONTEXT =
      new Format<>(
          "the name of a kubeconfig context",
          text -> isModel(text) ? value(text) : Parsed.wrong(text, "is not a context's name"));

  /** A bearer token, which messages do not show. */
  static final Format<String> SECRET =
      new Format<>(
          "printable ASCII characters without spaces",
          text ->
              HEADER_SAFE.matcher(text).matches()
                  ? value(text)
                  : new Parsed.Wrong<>("has a character that cannot be sent in a header"));

  /** The path of a file. */
  static final Format<String> PATH =
      new Format<>(
          "the path of a file; a relative one begins at the configuration file",
          text -> text.indexOf('\0') < 0 ? value(text) : Parsed.wrong(text, "is not a path"));

  /** A switch. */
  static final Format<Boolean> BOOLEAN =
      new Format<>(
          "true or false",
          text ->
              switch (text) {
                case "true" -> value(true);
                case "false" -> value(false);
                default -> Parsed.wrong(text, "is neither true nor false");
              });

  private Formats() {}

  /** One of an enum's constants by its label. */
  static <E extends Enum<E>> Format<E> choice(E[] constants, Function<E, String> label) {
    List<String> labels = Arrays.stream(constants).map(label).toList();
    return new Format<>(
        "one of " + String.join(", ", labels),
        text -> {
          int index = labels.indexOf(text);
          return index < 0
              ? Parsed.wrong(text, "is not known" + meant(text, labels))
              : value(constants[index]);
        });
  }

  private static String meant(String text, List<String> labels) {
    String near = Text.nearest(text, new LinkedHashSet<>(labels));
    return near == null ? "" : ": did you mean " + Text.quote(near) + "?";
  }

  private static boolean isPort(String text) {
    if (text.chars().allMatch(Character::isDigit)) {
      return !text.isEmpty()
          && text.length() <= 5
          && Integer.parseInt(text) >= 1
          && Integer.parseInt(text) <= 65535;
    }
    return DNS_NAME.matcher(text).matches() && text.length() <= LONGEST_PORT_NAME;
  }

  private static boolean isModel(String text) {
    return text.length() <= LONGEST_MODEL
        && text.strip().equals(text)
        && text.chars().noneMatch(Character::isISOControl);
  }

  private static <T> Parsed<T> value(T value) {
    return new Parsed.Value<>(value);
  }
}
