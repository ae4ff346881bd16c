package dev.loragateway.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Collections;
import org.apache.commons.compress.archivers.zip.UnixStat;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/** Zip. Only what is kept is unpacked. Stateless. */
record ZipFormat() implements Archive.Format {
  @Override
  public void read(Path archive, FetchLimits limits, Archive.Visitor visitor) throws IOException {
    try (DirectoryBudget bytes = new DirectoryBudget(FileChannel.open(archive));
        ZipFile zip = open(bytes)) {
      bytes.lift();
      int entries = 0;
      for (ZipArchiveEntry entry : Collections.list(zip.getEntries())) {
        EntryChecks.count(++entries, limits);
        EntryPath path = EntryPath.parse(entry.getName());
        if (entry.isDirectory()) {
          continue;
        }
        EntryChecks.file(
            entry.getName(), isFile(entry) && !path.isTop() && zip.canReadEntryData(entry));
        try (InputStream content = zip.getInputStream(entry)) {
          visitor.visit(path, content);
        }
      }
    }
  }

  /** Reads the directory at its end into memory. */
  private static ZipFile open(DirectoryBudget bytes) throws IOException {
    return ZipFile.builder().setSeekableByteChannel(bytes).setIgnoreLocalFileHeader(true).get();
  }

  /** Those that were made elsewhere than on Unix do not say. */
  private static boolean isFile(ZipArchiveEntry entry) {
    int kind = entry.getUnixMode() & UnixStat.FILE_TYPE_FLAG;
    return !entry.isUnixSymlink() && (kind == 0 || kind == UnixStat.FILE_FLAG);
  }
}
