package dev.loragateway.openai;

import java.util.zip.CRC32C;

/**
 * Hash of a byte range of the body, of its first 4 KiB at most, fed as the pieces arrive: CRC-32C,
 * which the JVM computes with one instruction per eight bytes. Confined to one event loop.
 */
final class PromptHash {
  /** Bytes that count. */
  static final int SPAN = 4096;

  private final CRC32C crc = new CRC32C();
  private long from = -1;
  private long until;

  boolean isOpen() {
    return from >= 0;
  }

  /** The range begins at this offset of the body. */
  void begin(long offset) {
    crc.reset();
    from = offset;
    until = offset + SPAN;
  }

  /** Drops a range that was not closed. */
  void forget() {
    from = -1;
  }

  /**
   * Takes what the piece holds of the range.
   *
   * @param origin offset that the piece's index 0 has in the body
   * @param end offset up to which the piece counts
   */
  void update(byte[] piece, long origin, long end) {
    long to = Math.min(end, until);
    if (to > from) {
      crc.update(piece, (int) (from - origin), (int) (to - from));
      from = to;
    }
  }

  /** Closes the range; never 0. */
  int end() {
    from = -1;
    int value = (int) crc.getValue();
    return value == 0 ? 1 : value;
  }
}
