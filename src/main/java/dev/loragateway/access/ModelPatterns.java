package dev.loragateway.access;

import java.util.List;

/**
 * Names of models, in which {@code *} stands for any text, the empty one and slashes included.
 * Immutable.
 */
public record ModelPatterns(List<String> patterns) {
  /** Every model. */
  public static final ModelPatterns ALL = new ModelPatterns(List.of("*"));

  public ModelPatterns {
    patterns = List.copyOf(patterns);
  }

  /** Returns whether one of them matches. */
  public boolean match(String model) {
    for (String pattern : patterns) {
      if (matches(pattern, model)) {
        return true;
      }
    }
    return false;
  }

  /** Goes back to the last star only, so that no pattern takes longer than the product of both. */
  private static boolean matches(String pattern, String text) {
    int p = 0;
    int t = 0;
    int star = -1;
    int resume = 0;
    while (t < text.length()) {
      if (p < pattern.length() && pattern.charAt(p) == '*') {
        star = p++;
        resume = t;
      } else if (p < pattern.length() && pattern.charAt(p) == text.charAt(t)) {
        p++;
        t++;
      } else if (star >= 0) {
        p = star + 1;
        t = ++resume;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == '*') {
      p++;
    }
    return p == pattern.length();
  }
}
