package dev.loragateway.kubernetes;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** The texts of statuses and Events. Stateless. */
final class StatusText {
  /** In characters: Events take no more (their {@code message} has at most 1024 bytes). */
  private static final int LONGEST = 500;

  private StatusText() {}

  static String cut(String text) {
    return text.length() <= LONGEST ? text : text.substring(0, LONGEST - 3) + "...";
  }

  /** RFC 3339, in whole seconds as Kubernetes has its times. */
  static String time(Instant at) {
    return at.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
