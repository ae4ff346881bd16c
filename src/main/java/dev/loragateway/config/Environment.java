package dev.loragateway.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Expands {@code ${NAME}} and {@code ${NAME:-default}} within values; <code>$${</code> stands for a
 * literal <code>${</code>. Immutable.
 */
record Environment(Map<String, String> variables) {
  private static final Pattern REFERENCE = Pattern.compile("\\$\\$\\{|\\$\\{([^}]*)(}?)");
  private static final Pattern BODY =
      Pattern.compile("([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", Pattern.DOTALL);

  Environment {
    variables = Map.copyOf(variables);
  }

  /** The text with every reference replaced, or why that cannot be. */
  Parsed<String> expand(String text) {
    Matcher reference = REFERENCE.matcher(text);
    StringBuilder expanded = new StringBuilder();
    List<String> faults = new ArrayList<>();
    while (reference.find()) {
      String value = reference.group(1) == null ? "${" : value(reference, faults);
      reference.appendReplacement(expanded, Matcher.quoteReplacement(value));
    }
    reference.appendTail(expanded);
    return faults.isEmpty()
        ? new Parsed.Value<>(expanded.toString())
        : new Parsed.Wrong<>(String.join("; ", faults));
  }

  private String value(Matcher reference, List<String> faults) {
    Matcher body = BODY.matcher(reference.group(1));
    if (reference.group(2).isEmpty() || !body.matches()) {
      faults.add(
          Text.quote(reference.group())
              + " is not a variable (expected: ${NAME} or ${NAME:-default}; $${ for a literal ${)");
      return "";
    }
    String name = body.group(1);
    boolean hasDefault = body.group(2) != null;
    String value = variables.getOrDefault(name, "");
    if (!hasDefault && !variables.containsKey(name)) {
      faults.add(
          "the environment variable "
              + name
              + " is not set (expected: a value, or a default as ${"
              + name
              + ":-default})");
    }
    return value.isEmpty() && hasDefault ? body.group(2) : value;
  }
}
