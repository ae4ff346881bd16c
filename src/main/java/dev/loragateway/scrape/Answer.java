package dev.loragateway.scrape;

import java.util.Arrays;

/** How a request to a model server ended. Immutable. */
sealed interface Answer {
  /**
   * A complete answer with a status of 200 to 299. Nobody writes to its bytes until it is recycled.
   */
  final class Page implements Answer {
    private final byte[] bytes;
    private final int length;

    /**
     * A body at the start of an array.
     *
     * @param length number of bytes of {@code bytes} that belong to the body
     */
    Page(byte[] bytes, int length) {
      this.bytes = bytes;
      this.length = length;
    }

    byte[] bytes() {
      return bytes;
    }

    int length() {
      return length;
    }

    /** The body in an array of its length. */
    byte[] exactBytes() {
      return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }
  }

  /**
   * No such answer.
   *
   * @param reason one line for the log
   * @param late whether the time was up before anything else was wrong
   */
  record Failed(String reason, boolean late) implements Answer {}
}
