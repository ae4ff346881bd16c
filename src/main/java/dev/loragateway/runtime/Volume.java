package dev.loragateway.runtime;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The directory that sidecar and engine share: {@code artifacts/} is what the engine reads, {@code
 * tmp/} what is not whole, {@code index.json} what came from where. One process has it at a time.
 * Thread-safe.
 */
final class Volume implements AutoCloseable {
  /** The directory of artifacts, as it is in paths for the engine, too. */
  static final String ARTIFACTS = "artifacts";

  private final Path directory;
  private final FileChannel lock;

  private Volume(Path directory, FileChannel lock) {
    this.directory = directory;
    this.lock = lock;
  }

  /**
   * Takes the directory, makes what is missing in it, and empties {@code tmp/}.
   *
   * @throws IOException if it is in use, or cannot be written
   */
  static Volume open(Path directory) throws IOException {
    Files.createDirectories(directory.resolve(ARTIFACTS));
    Files.createDirectories(directory.resolve("tmp"));
    FileChannel lock =
        FileChannel.open(
            directory.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (tryLock(lock) == null) {
      lock.close();
      throw new IOException(
          directory + " is in use by another runtime (expected: a directory for each)");
    }
    Volume volume = new Volume(directory, lock);
    volume.empty();
    return volume;
  }

  private static @Nullable FileLock tryLock(FileChannel lock) throws IOException {
    try {
      return lock.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  private void empty() throws IOException {
    try (DirectoryStream<Path> left = Files.newDirectoryStream(temporary())) {
      for (Path path : left) {
        Trees.delete(path);
      }
    }
  }

  Path artifacts() {
    return directory.resolve(ARTIFACTS);
  }

  Path artifact(String sha256) {
    return artifacts().resolve(sha256);
  }

  Path temporary() {
    return directory.resolve("tmp");
  }

  Path index() {
    return directory.resolve("index.json");
  }

  /** Puts a small file in the place of another in one step. */
  void replace(Path file, String text) throws IOException {
    Path next = temporary().resolve(file.getFileName() + ".next");
    try (FileChannel channel =
        FileChannel.open(
            next,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      var bytes = StandardCharsets.UTF_8.encode(text);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    Trees.sync(directory);
  }

  /** Whether a file can be written there now. */
  boolean writable() {
    try {
      Path probe = Files.createTempFile(temporary(), "probe", "");
      Files.delete(probe);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }
}
