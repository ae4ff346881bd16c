package dev.loragateway.proxy;

import java.util.concurrent.atomic.AtomicLong;

/** The sum of the request bodies that are held, kept below a limit. Thread-safe. */
public final class BufferBudget {
  private final AtomicLong held = new AtomicLong();

  /** Takes {@code bytes} unless the sum would pass {@code limit}. */
  boolean take(long bytes, long limit) {
    if (held.addAndGet(bytes) <= limit) {
      return true;
    }
    held.addAndGet(-bytes);
    return false;
  }

  void give(long bytes) {
    held.addAndGet(-bytes);
  }

  /** Bytes held now. */
  public long held() {
    return held.get();
  }
}
