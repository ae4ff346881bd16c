package dev.loragateway.scrape;

import java.util.concurrent.LinkedBlockingDeque;

/**
 * Arrays for bodies, used one after the other by all endpoints: a page is read as soon as it is
 * there, so few of them are in use at once. Thread-safe.
 */
final class PageBuffers {
  private static final int MOST = 64;
  private static final int LARGEST = 256 << 10;
  private static final byte[] NONE = {};

  private final LinkedBlockingDeque<byte[]> free = new LinkedBlockingDeque<>(MOST);

  /** An array of any length, which may be 0. */
  byte[] take() {
    byte[] last = free.pollFirst();
    return last == null ? NONE : last;
  }

  /** Takes back what nobody reads any more; at most 64 arrays of 256 KiB are kept. */
  void give(byte[] bytes) {
    if (bytes.length > 0 && bytes.length <= LARGEST) {
      free.offerFirst(bytes);
    }
  }
}
