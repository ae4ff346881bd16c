package dev.loragateway.adapters;

import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Which names adapters may have, and which they should. Stateless. */
public final class AdapterNames {
  /** In bytes: AIBrix's runtime and Kubernetes' annotations take no more. */
  public static final int LONGEST = 200;

  private static final Pattern ALLOWED =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9._+=-]*(/[A-Za-z0-9][A-Za-z0-9._+=-]*)*");

  private static final int SEGMENTS = 4;

  private AdapterNames() {}

  /** Why this cannot be a name, or null when it can. */
  public static @Nullable String refusal(String name) {
    if (name.length() > LONGEST) {
      return "the name has %d characters (expected: at most %d)".formatted(name.length(), LONGEST);
    }
    return ALLOWED.matcher(name).matches()
        ? null
        : "the name is \"%s\" (expected: letters, digits and . _ + = - in segments between /)"
            .formatted(name);
  }

  /**
   * How the name departs from {@code organisation/model-family/task/version}, or null when it does
   * not.
   */
  public static @Nullable String lint(String name) {
    String[] segments = name.split("/", -1);
    if (segments.length != SEGMENTS) {
      return "%s has %d segments (recommended: organisation/model-family/task/version)"
          .formatted(name, segments.length);
    }
    return name.equals(name.toLowerCase(Locale.ROOT))
        ? null
        : name + " has capital letters (recommended: small ones)";
  }
}
