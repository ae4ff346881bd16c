package dev.loragateway.config;

import java.util.regex.Pattern;

/** Spells the place of a value, like {@code pools[0].endpoints[1]}. Stateless. */
final class Paths {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_/-]+");

  private Paths() {}

  static String child(String parent, String key) {
    if (!PLAIN.matcher(key).matches()) {
      return parent + "[" + Text.quote(key) + "]";
    }
    return parent.isEmpty() ? key : parent + "." + key;
  }

  static String item(String parent, int index) {
    return parent + "[" + index + "]";
  }
}
