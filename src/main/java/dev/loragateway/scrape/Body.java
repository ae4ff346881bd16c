package dev.loragateway.scrape;

import java.io.IOException;
import java.util.Arrays;

/** A body in the making, bounded in size. Confined to the exchange. */
final class Body {
  /** Room made before anything arrives, however much is announced. */
  private static final int LARGEST_STEP = 1 << 20;

  private static final int SMALLEST = 64 << 10;

  private final int maxBytes;
  private byte[] bytes;
  private int length;

  /**
   * An empty body.
   *
   * @param bytes to be filled
   * @param maxBytes largest body that is accepted
   */
  Body(byte[] bytes, int maxBytes) {
    this.bytes = bytes;
    this.maxBytes = maxBytes;
  }

  /** Reads so many bytes. */
  void read(HttpInput in, long count) throws IOException {
    if (count > maxBytes - length) {
      throw tooLong();
    }
    long end = length + count;
    while (length < end) {
      int step = (int) Math.min(end - length, LARGEST_STEP);
      reserve(length + step);
      int more = in.read(bytes, length, step);
      if (more < 0) {
        throw new IOException("the connection was closed within the body");
      }
      length += more;
    }
  }

  /** Reads until the server closes the connection. */
  void readToEnd(HttpInput in) throws IOException {
    int more = 0;
    while (more >= 0) {
      length += more;
      if (length > maxBytes) {
        throw tooLong();
      }
      reserve(length + 1);
      more = in.read(bytes, length, bytes.length - length);
    }
  }

  private IOException tooLong() {
    return new IOException("the body is longer than " + maxBytes + " bytes");
  }

  /** Doubles the array, up to the largest step at a time, so that few sizes are in use. */
  private void reserve(int needed) {
    if (needed > bytes.length) {
      long doubled = Math.clamp(2L * bytes.length, SMALLEST, bytes.length + (long) LARGEST_STEP);
      bytes = Arrays.copyOf(bytes, (int) Math.max(needed, doubled));
    }
  }

  Answer.Page page() {
    return new Answer.Page(bytes, length);
  }
}
