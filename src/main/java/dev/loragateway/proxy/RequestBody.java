package dev.loragateway.proxy;

import dev.loragateway.model.GatewayError;
import dev.loragateway.openai.MultipartPeek;
import dev.loragateway.openai.PeekResult;
import dev.loragateway.openai.RequestPeek;
import dev.loragateway.proxy.ProxySettings.Limits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * Collects a request's body up to a cap, reading {@code model} as it comes. Confined to the
 * downstream event loop; {@link #release} ends it.
 */
final class RequestBody {
  /** First allocation at most, whatever length the client announces, in bytes. */
  private static final int MAX_INITIAL = 256 << 10;

  private final ByteBufAllocator alloc;
  private final BufferShare share;
  private final Limits limits;
  private final long announced;
  private final @Nullable RequestPeek peek;
  private ByteBuf bytes = Unpooled.EMPTY_BUFFER;
  private long accounted;

  /**
   * Starts a body.
   *
   * @param peek reads it as it comes, from its beginning; null for what is not JSON
   * @param announced {@code Content-Length}, or -1
   */
  RequestBody(
      ByteBufAllocator alloc,
      BufferShare share,
      Limits limits,
      @Nullable RequestPeek peek,
      long announced) {
    this.alloc = alloc;
    this.share = share;
    this.limits = limits;
    this.announced = announced;
    this.peek = peek;
    if (peek != null) {
      peek.begin();
    }
  }

  /**
   * Adds a piece; its reference stays with the caller.
   *
   * @return null, or why the body is refused
   */
  @Nullable GatewayError add(ByteBuf piece, boolean last) {
    int length = piece.readableBytes();
    if (length == 0) {
      return null;
    }
    if (accounted + length > limits.body()) {
      return GatewayError.BODY_TOO_LARGE;
    }
    if (!share.take(length, limits)) {
      return GatewayError.OVERLOADED;
    }
    accounted += length;
    if (peek != null && !peek.feed(piece)) {
      return GatewayError.INVALID_JSON;
    }
    keep(piece, last);
    return null;
  }

  /**
   * A body that came in one piece is kept without a copy; others are copied, so that small pieces
   * pin nothing.
   */
  private void keep(ByteBuf piece, boolean last) {
    if (bytes.capacity() == 0) {
      if (last) {
        bytes = piece.retainedSlice();
        return;
      }
      long initial = Math.max(announced, piece.readableBytes());
      bytes = alloc.buffer((int) Math.min(initial, MAX_INITIAL));
    }
    bytes.writeBytes(piece, piece.readerIndex(), piece.readableBytes());
  }

  /** What the whole body says. */
  PeekResult finish(@Nullable String contentType) {
    return peek != null
        ? peek.finish()
        : MultipartPeek.peek(contentType == null ? "" : contentType, bytes);
  }

  /** The body, for as long as it is not released. */
  ByteBuf bytes() {
    return bytes;
  }

  void release() {
    share.give(accounted);
    accounted = 0;
    bytes.release();
    bytes = Unpooled.EMPTY_BUFFER;
  }
}
