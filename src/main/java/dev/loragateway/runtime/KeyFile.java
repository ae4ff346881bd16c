package dev.loragateway.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file with one key, read for each use, since mounted Secrets change. Stateless. */
final class KeyFile {
  private KeyFile() {}

  /**
   * The key, without white space around it.
   *
   * @throws IOException if there is none; the message names the file and nothing of its content
   */
  static String read(Path file) throws IOException {
    try {
      String key = Files.readString(file).strip();
      if (key.isEmpty() || !isSendable(key)) {
        throw new IOException(file + " holds no key (expected: one line of visible ASCII)");
      }
      return key;
    } catch (IOException e) {
      throw e.getMessage() != null && e.getMessage().startsWith(file + " holds")
          ? e
          : new IOException(file + " cannot be read: " + e.getClass().getSimpleName(), e);
    }
  }

  /** Whether it can be sent in a header. */
  static boolean isSendable(String key) {
    return key.chars().allMatch(c -> c > 0x20 && c < 0x7f);
  }
}
