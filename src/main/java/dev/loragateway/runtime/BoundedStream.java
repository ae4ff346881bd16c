package dev.loragateway.runtime;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Fails when more comes out of a stream than should: in all, or for the header of one entry, which
 * the reader holds in memory. Confined to its reader.
 */
final class BoundedStream extends FilterInputStream {
  private static final long MOST_HEADER = 1 << 20;

  private final long most;
  private long count;
  private long mostNow;

  BoundedStream(InputStream in, long most) {
    super(in);
    this.most = most;
    mostNow = most;
  }

  void headerBegins() {
    mostNow = Math.min(most, count + MOST_HEADER);
  }

  void headerEnds() {
    mostNow = most;
  }

  @Override
  public int read() throws IOException {
    int value = in.read();
    add(value < 0 ? 0 : 1);
    return value;
  }

  @Override
  public int read(byte[] to, int offset, int length) throws IOException {
    int read = in.read(to, offset, length);
    add(Math.max(0, read));
    return read;
  }

  @Override
  public long skip(long bytes) throws IOException {
    long skipped = in.skip(bytes);
    add(skipped);
    return skipped;
  }

  private void add(long bytes) throws ProblemException {
    count += bytes;
    if (count > most) {
      throw new ProblemException(
          Problem.ADAPTER_TOO_LARGE, "the archive unpacks to more than " + most + " bytes");
    }
    if (count > mostNow) {
      throw new ProblemException(
          Problem.ADAPTER_REFUSED,
          "an entry of the archive has a header of more than " + MOST_HEADER + " bytes");
    }
  }
}
