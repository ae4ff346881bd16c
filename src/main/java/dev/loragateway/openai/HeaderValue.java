package dev.loragateway.openai;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A header value with parameters, such as {@code form-data; name="model"}, read strictly: no
 * parameter twice, no continuation or charset forms ({@code name*}) but for {@code filename*}, no
 * text left over. Immutable.
 *
 * @param value what stands before the parameters, in lower case
 * @param parameters by name in lower case; a quoted value is without its quotes, its backslashes
 *     are as sent
 */
record HeaderValue(String value, Map<String, String> parameters) {
  private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]++";
  private static final Pattern VALUE = Pattern.compile("\\s*+(" + TOKEN + "(?:/" + TOKEN + ")?)");
  private static final Pattern PARAMETER =
      Pattern.compile(
          "\\s*+;\\s*+(" + TOKEN + ")=(?:(" + TOKEN + ")|\"((?:[^\"\\\\]|\\\\.)*+)\")\\s*+");

  /** The value, or null when it is malformed or ambiguous. */
  static @Nullable HeaderValue parse(String text) {
    Matcher matcher = VALUE.matcher(text);
    if (!matcher.lookingAt()) {
      return null;
    }
    String value = matcher.group(1).toLowerCase(Locale.ROOT);
    Map<String, String> parameters = new HashMap<>();
    int end = matcher.end();
    matcher.usePattern(PARAMETER);
    while (end < text.length()) {
      matcher.region(end, text.length());
      if (!matcher.lookingAt() || !add(matcher, parameters)) {
        return text.substring(end).isBlank() ? new HeaderValue(value, parameters) : null;
      }
      end = matcher.end();
    }
    return new HeaderValue(value, parameters);
  }

  private static boolean add(Matcher matcher, Map<String, String> parameters) {
    String name = matcher.group(1).toLowerCase(Locale.ROOT);
    if (name.indexOf('*') >= 0 && !name.equals("filename*")) {
      return false;
    }
    String token = matcher.group(2);
    return parameters.putIfAbsent(name, token != null ? token : matcher.group(3)) == null;
  }

  @Nullable String parameter(String name) {
    return parameters.get(name);
  }

  /** Whether a charset other than UTF-8 is declared. */
  boolean declaresOtherCharset() {
    String charset = parameter("charset");
    return charset != null && !charset.equalsIgnoreCase("utf-8");
  }
}
