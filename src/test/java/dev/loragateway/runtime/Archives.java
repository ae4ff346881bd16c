package dev.loragateway.runtime;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;

/** Packs archives, good and bad ones. Stateless. */
final class Archives {
  private Archives() {}

  /** Adds what a test wants to a tar. */
  interface TarContent {
    void write(TarArchiveOutputStream tar) throws IOException;
  }

  /** Adds what a test wants to a zip. */
  interface ZipContent {
    void write(ZipArchiveOutputStream zip) throws IOException;
  }

  static byte[] tar(TarContent content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      content.write(tar);
    }
    return bytes.toByteArray();
  }

  static byte[] tar(TestAdapter adapter, String prefix) throws IOException {
    return tar(tar -> add(tar, adapter, prefix));
  }

  static void add(TarArchiveOutputStream tar, TestAdapter adapter, String prefix)
      throws IOException {
    for (Map.Entry<String, byte[]> file : adapter.files().entrySet()) {
      add(tar, prefix + file.getKey(), file.getValue());
    }
  }

  static void add(TarArchiveOutputStream tar, String name, byte[] content) throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name, true);
    entry.setSize(content.length);
    tar.putArchiveEntry(entry);
    tar.write(content);
    tar.closeArchiveEntry();
  }

  /** An entry of another kind: a link, a device. */
  static void add(TarArchiveOutputStream tar, String name, byte kind, String target)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name, kind);
    entry.setLinkName(target);
    tar.putArchiveEntry(entry);
    tar.closeArchiveEntry();
  }

  static byte[] gzip(byte[] plain) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(plain);
    }
    return bytes.toByteArray();
  }

  static byte[] zip(ZipContent content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipArchiveOutputStream zip = new ZipArchiveOutputStream(bytes)) {
      content.write(zip);
    }
    return bytes.toByteArray();
  }

  static byte[] zip(TestAdapter adapter, String prefix) throws IOException {
    return zip(zip -> add(zip, adapter, prefix));
  }

  static void add(ZipArchiveOutputStream zip, TestAdapter adapter, String prefix)
      throws IOException {
    for (Map.Entry<String, byte[]> file : adapter.files().entrySet()) {
      add(zip, prefix + file.getKey(), file.getValue(), 0100644);
    }
  }

  static void add(ZipArchiveOutputStream zip, String name, byte[] content, int mode)
      throws IOException {
    ZipArchiveEntry entry = new ZipArchiveEntry(name);
    entry.setUnixMode(mode);
    zip.putArchiveEntry(entry);
    zip.write(content);
    zip.closeArchiveEntry();
  }
}
