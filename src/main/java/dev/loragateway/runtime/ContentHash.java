package dev.loragateway.runtime;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/** What a file's bytes add up to, and what files do together. Stateless. */
final class ContentHash {
  /**
   * One file.
   *
   * @param sha256 of its bytes, in hex
   */
  record FileHash(long bytes, String sha256) {}

  private ContentHash() {}

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has it", e);
    }
  }

  static String hex(byte[] digest) {
    return HexFormat.of().formatHex(digest);
  }

  static String of(String text) {
    return hex(sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** The SHA-256 of a line {@code NAME SIZE SHA256} for each file, in the order of their names. */
  static String of(Map<String, FileHash> files) {
    StringBuilder lines = new StringBuilder();
    new TreeMap<>(files)
        .forEach(
            (name, file) ->
                lines.append("%s %d %s\n".formatted(name, file.bytes(), file.sha256())));
    return of(lines.toString());
  }
}
