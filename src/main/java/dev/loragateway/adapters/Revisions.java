package dev.loragateway.adapters;

import dev.loragateway.registry.ServedNames;
import java.util.regex.Pattern;

/** The form of the names that the controller gives to revisions. Stateless. */
final class Revisions {
  /** Of a revision, in hexadecimal digits. */
  static final int DIGITS = 12;

  private static final Pattern NAME =
      Pattern.compile(".+" + ServedNames.REVISION + "[0-9a-f]{" + DIGITS + "}");

  private Revisions() {}

  /** Whether a server's name of a model is one of those. */
  static boolean is(String model) {
    return NAME.matcher(model).matches();
  }

  /** The revision in such a name. */
  static String of(String model) {
    return model.substring(model.length() - DIGITS);
  }
}
