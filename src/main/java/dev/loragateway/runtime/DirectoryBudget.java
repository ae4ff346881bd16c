package dev.loragateway.runtime;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;

/**
 * A file of which at most so much can be read as the directory of a good archive has, until that is
 * lifted: whoever reads the directory holds it in memory. Confined to its reader.
 */
final class DirectoryBudget implements SeekableByteChannel {
  /** That of ten thousand entries with long names and attributes. */
  private static final long MOST = 8 << 20;

  private final FileChannel file;
  private long left = MOST;

  DirectoryBudget(FileChannel file) {
    this.file = file;
  }

  void lift() {
    left = Long.MAX_VALUE;
  }

  @Override
  public int read(ByteBuffer to) throws IOException {
    int count = file.read(to);
    left -= Math.max(0, count);
    if (left < 0) {
      throw new ProblemException(
          Problem.ADAPTER_REFUSED, "the archive's directory is larger than " + MOST + " bytes");
    }
    return count;
  }

  @Override
  public int write(ByteBuffer from) {
    throw new UnsupportedOperationException("it is read only");
  }

  @Override
  public long position() throws IOException {
    return file.position();
  }

  @Override
  public SeekableByteChannel position(long position) throws IOException {
    file.position(position);
    return this;
  }

  @Override
  public long size() throws IOException {
    return file.size();
  }

  @Override
  public SeekableByteChannel truncate(long size) {
    throw new UnsupportedOperationException("it is read only");
  }

  @Override
  public boolean isOpen() {
    return file.isOpen();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  /** Named by the library in its errors. */
  @Override
  public String toString() {
    return "the archive";
  }
}
