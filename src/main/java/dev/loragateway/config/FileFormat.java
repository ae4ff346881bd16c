package dev.loragateway.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The formats of paths to small files, which are read at once: what was checked is what is used. A
 * path is relative to a directory unless it is absolute. Stateless.
 */
final class FileFormat {
  private static final int MAX_BYTES = 1 << 20;

  private FileFormat() {}

  /** Takes what a file holds. */
  interface Content<T> {
    Parsed<T> parse(String file, byte[] bytes);
  }

  /**
   * Files whose content is taken so.
   *
   * @param expected what the file should be
   */
  static <T> Format<T> of(String expected, Path directory, Content<T> content) {
    return new Format<>(
        expected + "; a relative path begins at the configuration file",
        text ->
            text.indexOf('\0') >= 0
                ? Parsed.wrong(text, "is not a path")
                : read(directory.resolve(text), content));
  }

  private static <T> Parsed<T> read(Path path, Content<T> content) {
    String file = path.toString();
    if (!Files.isRegularFile(path) || !Files.isReadable(path)) {
      return Parsed.wrong(file, "is not a readable file");
    }
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      return bytes.length > MAX_BYTES
          ? Parsed.wrong(file, "is longer than 1MiB")
          : content.parse(file, bytes);
    } catch (IOException e) {
      return Parsed.wrong(file, "cannot be read");
    }
  }
}
