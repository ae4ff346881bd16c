package dev.loragateway.runtime;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Closes a stream on which nothing came for a while, so that its reader does not wait for ever. A
 * virtual thread watches it. Confined to its reader, but for the watching.
 */
final class StallGuard extends FilterInputStream {
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Duration stall;
  private final AtomicLong reads = new AtomicLong();
  private volatile boolean stalled;

  StallGuard(InputStream in, Duration stall) {
    super(in);
    this.stall = stall;
    Thread.ofVirtual().name("stall-guard").start(this::watch);
  }

  private void watch() {
    try {
      long seen = -1;
      while (seen != reads.get()) {
        seen = reads.get();
        if (closed.await(stall.toNanos(), TimeUnit.NANOSECONDS)) {
          return;
        }
      }
      stalled = true;
      in.close();
    } catch (InterruptedException | IOException e) {
      // whoever reads learns it there
      stalled = true;
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    int count = read(one, 0, 1);
    return count < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] to, int offset, int length) throws IOException {
    int count;
    try {
      count = in.read(to, offset, length);
    } catch (IOException e) {
      throw stalled ? timeout(e) : e;
    }
    if (stalled) {
      throw timeout(null);
    }
    reads.incrementAndGet();
    return count;
  }

  private IOException timeout(@Nullable IOException cause) {
    IOException timeout =
        new SocketTimeoutException("nothing came for " + stall.toMillis() + " ms");
    if (cause != null) {
      timeout.initCause(cause);
    }
    return timeout;
  }

  @Override
  public void close() throws IOException {
    closed.countDown();
    super.close();
  }
}
