package dev.loragateway.kubernetes;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;

/** Makes names of Services, which are names of hosts, from adapters' names. Stateless. */
final class ServiceNames {
  /** RFC 1035: what Services had to be called in all versions of Kubernetes. */
  private static final Pattern ALLOWED = Pattern.compile("[a-z]([-a-z0-9]{0,61}[a-z0-9])?");

  private static final int HASH = 8;
  private static final int LONGEST = 63;

  private ServiceNames() {}

  /** The name itself where that is allowed; else its letters and digits, and a hash of it. */
  static String of(String adapter) {
    return ALLOWED.matcher(adapter).matches() ? adapter : changed(adapter);
  }

  private static String changed(String adapter) {
    String safe = adapter.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    String begun = safe.startsWith("-") ? safe.substring(1) : safe;
    String named = begun.isEmpty() || !Character.isLetter(begun.charAt(0)) ? "a-" + begun : begun;
    String cut = named.substring(0, Math.min(named.length(), LONGEST - HASH - 1));
    return cut.replaceAll("-+$", "") + "-" + hash(adapter).substring(0, HASH);
  }

  /** SHA-256 in hexadecimal digits. */
  static String hash(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
