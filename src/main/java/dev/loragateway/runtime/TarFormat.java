package dev.loragateway.runtime;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Tar, also compressed with gzip. Everything in it is read, also what is not kept, so all of it
 * counts against the limit. Stateless.
 */
record TarFormat(boolean gzip) implements Archive.Format {
  private static final int BUFFER = 64 << 10;

  @Override
  public void read(Path archive, FetchLimits limits, Archive.Visitor visitor) throws IOException {
    try (InputStream file = new BufferedInputStream(Files.newInputStream(archive), BUFFER);
        InputStream plain = gzip ? gunzip(file) : file;
        BoundedStream bounded = new BoundedStream(plain, limits.maxBytes());
        TarArchiveInputStream tar = new TarArchiveInputStream(bounded)) {
      int entries = 0;
      for (TarArchiveEntry entry = next(tar, bounded); entry != null; entry = next(tar, bounded)) {
        EntryChecks.count(++entries, limits);
        EntryPath path = EntryPath.parse(entry.getName());
        if (!entry.isDirectory()) {
          EntryChecks.file(entry.getName(), isFile(entry) && !path.isTop());
          visitor.visit(path, tar);
        }
        tar.transferTo(OutputStream.nullOutputStream());
      }
    }
  }

  private static @Nullable TarArchiveEntry next(TarArchiveInputStream tar, BoundedStream bounded)
      throws IOException {
    bounded.headerBegins();
    TarArchiveEntry entry = tar.getNextEntry();
    bounded.headerEnds();
    return entry;
  }

  /** Links, devices, pipes and files with holes are none. */
  private static boolean isFile(TarArchiveEntry entry) {
    return entry.isFile()
        && !entry.isLink()
        && !entry.isSymbolicLink()
        && !entry.isSparse()
        && !entry.isBlockDevice()
        && !entry.isCharacterDevice()
        && !entry.isFIFO();
  }

  private static InputStream gunzip(InputStream file) throws IOException {
    return GzipCompressorInputStream.builder()
        .setInputStream(file)
        .setDecompressConcatenated(true)
        .get();
  }
}
