package dev.loragateway.scrape;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.util.Arrays;

/**
 * The bytes of a connection: lines of a head, and blocks of a body, which are not copied twice.
 * Confined to the exchange.
 */
final class HttpInput {
  private static final int USUAL_HEAD = 1 << 10;
  private static final int LONGEST_LINE = 16 << 10;

  private final InputStream in;
  private byte[] buffer = new byte[USUAL_HEAD];
  private int next;
  private int limit;
  private long deadline;
  private long left;

  HttpInput(InputStream in) {
    this.in = in;
  }

  /**
   * Bounds what is read from now on. A server that sends without a pause would keep the thread busy
   * when its socket is closed from elsewhere, and other virtual threads off its processor.
   *
   * @param deadline as {@link System#nanoTime}
   * @param bytes with all framing
   */
  void bound(long deadline, long bytes) {
    this.deadline = deadline;
    left = bytes;
  }

  private int receive(byte[] to, int from, int length) throws IOException {
    if (System.nanoTime() - deadline >= 0) {
      throw new SocketTimeoutException();
    }
    int more = in.read(to, from, length);
    left -= more;
    if (left < 0) {
      throw new IOException("the answer has more framing than content");
    }
    return more;
  }

  /** Returns whether anything has come that was not read. */
  boolean buffered() {
    return next < limit;
  }

  /** The next line, without its end. */
  String line() throws IOException {
    int newline = newline(next);
    while (newline < 0) {
      int seen = limit - next;
      fill();
      newline = newline(next + seen);
    }
    int end = newline > next && buffer[newline - 1] == '\r' ? newline - 1 : newline;
    String line = new String(buffer, next, end - next, ISO_8859_1);
    next = newline + 1;
    return line;
  }

  private int newline(int from) {
    for (int i = from; i < limit; i++) {
      if (buffer[i] == '\n') {
        return i;
      }
    }
    return -1;
  }

  /** Waits for more bytes behind those that were not read. */
  void fill() throws IOException {
    if (next > 0) {
      System.arraycopy(buffer, next, buffer, 0, limit - next);
      limit -= next;
      next = 0;
    }
    if (limit == LONGEST_LINE) {
      throw new IOException("a line is longer than " + LONGEST_LINE + " bytes");
    }
    if (limit == buffer.length) {
      buffer = Arrays.copyOf(buffer, 2 * limit);
    }
    int more = receive(buffer, limit, buffer.length - limit);
    if (more < 0) {
      throw new IOException("the connection was closed before the answer's end");
    }
    limit += more;
  }

  /** Reads some bytes, at least one; -1 when the connection is closed. */
  int read(byte[] to, int from, int length) throws IOException {
    if (next == limit) {
      return receive(to, from, length);
    }
    int count = Math.min(length, limit - next);
    System.arraycopy(buffer, next, to, from, count);
    next += count;
    return count;
  }
}
