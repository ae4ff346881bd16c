package dev.loragateway.server;

import dev.loragateway.config.AccessLogSettings;
import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/** Where the access log's lines go: a file, or standard output. Confined to one thread. */
class AccessLogFile implements AutoCloseable {
  private static final long BETWEEN_LOOKS = 1_000_000_000L;

  private final @Nullable Path path;
  private final @Nullable Object key;
  private final BufferedWriter writer;
  private long lookedAt = System.nanoTime();

  AccessLogFile(@Nullable Path path, OutputStream out) throws IOException {
    this.path = path;
    this.writer = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
    this.key = path == null ? null : key(path);
  }

  static AccessLogFile open(AccessLogSettings settings) throws IOException {
    Path path = settings.file();
    return path == null
        ? new AccessLogFile(null, new FileOutputStream(FileDescriptor.out))
        : new AccessLogFile(
            path,
            Files.newOutputStream(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
  }

  private static @Nullable Object key(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
  }

  /** Whether the file was moved away, as logrotate does; looked at once a second. */
  boolean isMoved() {
    long now = System.nanoTime();
    if (path == null || now - lookedAt < BETWEEN_LOOKS) {
      return false;
    }
    lookedAt = now;
    try {
      return key != null && !key.equals(key(path));
    } catch (IOException e) {
      return true;
    }
  }

  void write(String line) throws IOException {
    writer.write(line);
    writer.write('\n');
  }

  void flush() throws IOException {
    writer.flush();
  }

  @Override
  public void close() throws IOException {
    if (path == null) {
      writer.flush();
    } else {
      writer.close();
    }
  }
}
