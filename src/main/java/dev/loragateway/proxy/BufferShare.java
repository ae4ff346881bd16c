package dev.loragateway.proxy;

import dev.loragateway.proxy.ProxySettings.Limits;

/**
 * What the requests of one client connection hold of the {@link BufferBudget}: at most a quarter of
 * it, or one body of the largest size, however many streams there are. Confined to the downstream
 * event loop.
 */
public final class BufferShare {
  private static final int SHARES = 4;

  private final BufferBudget budget;
  private long held;

  /** For one connection. */
  public BufferShare(ProxyContext context) {
    this.budget = context.buffers;
  }

  /** Takes {@code bytes} unless this connection, or all of them, would hold too much. */
  boolean take(long bytes, Limits limits) {
    long most = Math.max(limits.body(), limits.buffered() / SHARES);
    if (held + bytes > most || !budget.take(bytes, limits.buffered())) {
      return false;
    }
    held += bytes;
    return true;
  }

  void give(long bytes) {
    held -= bytes;
    budget.give(bytes);
  }
}
