package dev.loragateway.openai;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.FastThreadLocal;

/**
 * Reads what routing needs from a JSON request body while it arrives, in one pass and without a
 * tree: see {@link RequestFacts}. One body after the other; feed it every piece in order, then ask
 * once. It makes nothing but the result:
 *
 * <pre>{@code
 * RequestPeek peek = new RequestPeek();
 * peek.begin();                // forgets the body before, if any
 * peek.feed(content);          // as often as content comes; indices and reference count stay
 * PeekResult result = peek.finish();
 * }</pre>
 *
 * <p>The whole body is checked, strictly: RFC 8259 with an object at the top, UTF-8, no byte order
 * mark, at most 256 levels. Whatever a lenient parser behind the gateway might read differently is
 * refused here, so that the model that was authorised is the model that is served. An escaped
 * surrogate without its other half is accepted, as the grammar and the servers' parsers accept it,
 * except in {@code model}. No bytes make it throw. Confined to one event loop.
 */
public final class RequestPeek {
  /** A direct buffer is scanned through a copy of this size, which stays in the first cache. */
  private static final int SCRATCH = 8192;

  private static final FastThreadLocal<byte[]> SCRATCHES =
      new FastThreadLocal<>() {
        @Override
        protected byte[] initialValue() {
          return new byte[SCRATCH];
        }
      };

  private final RequestFactCollector facts = new RequestFactCollector();

  /** A peek at a body of which nothing has arrived. */
  public RequestPeek() {}

  /** Forgets what it was fed, whether or not that was finished: another body comes. */
  public void begin() {
    facts.begin();
  }

  /**
   * Scans the readable bytes.
   *
   * @return false once the body is known to be bad: further bytes change nothing
   */
  public boolean feed(ByteBuf bytes) {
    int from = bytes.readerIndex();
    if (bytes.hasArray()) {
      int start = bytes.arrayOffset() + from;
      return facts.scan(bytes.array(), start, start + bytes.readableBytes());
    }
    byte[] scratch = SCRATCHES.get();
    boolean good = true;
    for (int left = bytes.readableBytes(); good && left > 0; ) {
      int count = Math.min(left, SCRATCH);
      bytes.getBytes(from, scratch, 0, count);
      good = facts.scan(scratch, 0, count);
      from += count;
      left -= count;
    }
    return good;
  }

  /** The result, once every byte has been fed. */
  public PeekResult finish() {
    return facts.finish();
  }
}
