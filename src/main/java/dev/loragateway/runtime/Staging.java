package dev.loragateway.runtime;

import dev.loragateway.runtime.ContentHash.FileHash;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Where one fetch writes, beside the artifacts. The files have plain names and no directories; each
 * is on the disk when its write returns. Confined to the thread that fetches, but for {@link
 * #written}.
 */
final class Staging implements AutoCloseable {
  /** How files are opened. */
  interface Opener {
    FileChannel open(Path file) throws IOException;
  }

  static final Opener NEW_FILE =
      file -> FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  private static final int CHUNK = 256 << 10;

  private final Path directory;
  private final FetchLimits limits;
  private final Space space;
  private final Opener opener;
  private final long deadline;
  private final Map<String, FileHash> files = new LinkedHashMap<>();
  private long kept;
  private long reserved;
  private boolean pickled;
  private final AtomicLong written = new AtomicLong();

  Staging(Path directory, FetchLimits limits, Space space, Opener opener) throws IOException {
    this.directory = directory;
    this.limits = limits;
    this.space = space;
    this.opener = opener;
    deadline = System.nanoTime() + limits.total().toNanos();
    Files.createDirectories(filesDirectory());
  }

  /** The directory that becomes the artifact. */
  Path filesDirectory() {
    return directory.resolve("files");
  }

  FetchLimits limits() {
    return limits;
  }

  Map<String, FileHash> files() {
    return files;
  }

  /** Bytes of the files that are kept. */
  long kept() {
    return kept;
  }

  /** Bytes that were written so far. Any thread may ask. */
  long written() {
    return written.get();
  }

  /** Whether there were weights that are not kept, since they could run code. */
  boolean sawPickle() {
    return pickled;
  }

  /** Whether a file of this name, without directories, should be written. */
  boolean wants(String name) {
    pickled |= KeptFiles.isPickle(name);
    return KeptFiles.keeps(name);
  }

  /**
   * Fails early where the size is known.
   *
   * @throws ProblemException if it is over the limit
   */
  void announce(long bytes) throws ProblemException {
    if (bytes > limits.maxBytes()) {
      throw tooLarge();
    }
  }

  /**
   * Writes one file of the adapter.
   *
   * @param source named in errors of reading
   * @throws ProblemException if there is one of this name, it is too large or cannot be read
   */
  FileHash write(String name, InputStream in, String source) throws IOException {
    if (!KeptFiles.keeps(name)) {
      throw new IllegalArgumentException("name: " + name + " (expected: one that is kept)");
    }
    if (files.containsKey(name)) {
      throw new ProblemException(Problem.ADAPTER_REFUSED, source + " has " + name + " twice");
    }
    FileHash file = copy(in, filesDirectory().resolve(name), limits.maxBytes() - kept, source);
    kept += file.bytes();
    files.put(name, file);
    return file;
  }

  /** An archive, which is not part of the adapter. */
  record Scratch(Path file, FileHash hash) {}

  /** Writes an archive, whose bytes count until it is dropped. */
  Scratch download(InputStream in, String source) throws IOException {
    Path file = directory.resolve("archive");
    return new Scratch(file, copy(in, file, limits.maxBytes(), source));
  }

  void drop(Scratch scratch) throws IOException {
    Files.deleteIfExists(scratch.file());
    reserved -= scratch.hash().bytes();
    space.release(scratch.hash().bytes());
  }

  /** What is kept is the store's from now on. */
  void handedOver() {
    reserved -= kept;
  }

  private FileHash copy(InputStream in, Path file, long most, String source) throws IOException {
    MessageDigest digest = ContentHash.sha256();
    byte[] chunk = new byte[CHUNK];
    long bytes = 0;
    try (FileChannel to = open(file)) {
      for (int count = read(in, chunk, source); count >= 0; count = read(in, chunk, source)) {
        bytes += count;
        if (bytes > most) {
          throw tooLarge();
        }
        digest.update(chunk, 0, count);
        put(to, ByteBuffer.wrap(chunk, 0, count));
      }
      force(to);
    }
    return new FileHash(bytes, ContentHash.hex(digest.digest()));
  }

  private FileChannel open(Path file) throws ProblemException {
    try {
      return opener.open(file);
    } catch (IOException e) {
      throw notWritten(e);
    }
  }

  private int read(InputStream in, byte[] chunk, String source) throws ProblemException {
    if (System.nanoTime() - deadline > 0) {
      throw new ProblemException(
          Problem.FETCH_TIMEOUT,
          "%s: not all of it came within %d s".formatted(source, limits.total().toSeconds()));
    }
    try {
      return in.read(chunk);
    } catch (ProblemException e) {
      throw e;
    } catch (IOException e) {
      throw FetchFailures.of(source, e);
    }
  }

  private void put(FileChannel to, ByteBuffer bytes) throws ProblemException {
    int count = bytes.remaining();
    space.reserve(count);
    reserved += count;
    written.addAndGet(count);
    try {
      while (bytes.hasRemaining()) {
        to.write(bytes);
      }
    } catch (IOException e) {
      throw notWritten(e);
    }
  }

  private static void force(FileChannel to) throws ProblemException {
    try {
      to.force(true);
    } catch (IOException e) {
      throw notWritten(e);
    }
  }

  /** The system tells a full disk in words alone. */
  static ProblemException notWritten(IOException e) {
    String why = String.valueOf(e.getMessage());
    String lower = why.toLowerCase(Locale.ROOT);
    boolean full = lower.contains("no space left") || lower.contains("quota exceeded");
    return full
        ? new ProblemException(Problem.INSUFFICIENT_STORAGE, "the volume is full", e)
        : new ProblemException(Problem.STORAGE_FAILED, "the volume cannot be written", e);
  }

  private ProblemException tooLarge() {
    return new ProblemException(
        Problem.ADAPTER_TOO_LARGE, "the adapter is larger than " + limits.maxBytes() + " bytes");
  }

  @Override
  public void close() throws IOException {
    try {
      Trees.delete(directory);
    } finally {
      space.release(reserved);
      reserved = 0;
    }
  }
}
