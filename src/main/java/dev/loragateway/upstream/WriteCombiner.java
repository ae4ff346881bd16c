package dev.loragateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.util.concurrent.PromiseNotifier;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gathers the small pieces that an HTTP encoder makes (head, chunk size, content, line end) into
 * one buffer, so that a flush is one plain write to the socket: the copy costs less than the
 * gathering. Delays nothing, since it holds bytes only until the flush. Stands next to the socket,
 * or to TLS, on both sides of the gateway. Confined to its event loop.
 */
public final class WriteCombiner extends ChannelOutboundHandlerAdapter {
  /** Larger pieces are passed on as they are, in bytes. */
  private static final int SMALL = 2048;

  /** First size of the buffer, in which any two pieces have room, and what it may hold. */
  private static final int INITIAL = 2 * SMALL;

  private static final int FULL = 16_384;

  private final List<ChannelPromise> promises = new ArrayList<>(2);

  /** What waits for the flush: one piece, or, when {@code gathering}, a buffer with several. */
  private @Nullable ByteBuf pending;

  private boolean gathering;

  /** A combiner for one channel. */
  public WriteCombiner() {}

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    if (!(message instanceof ByteBuf piece) || piece.readableBytes() > SMALL) {
      passOn(ctx);
      ctx.write(message, promise);
      return;
    }
    pending = pending == null ? piece : append(ctx, pending, piece);
    if (!promise.isVoid()) {
      promises.add(promise);
    }
    if (pending.readableBytes() > FULL - SMALL) {
      passOn(ctx);
    }
  }

  /** Takes over the piece, also when there is no memory, which fails its write. */
  private ByteBuf append(ChannelHandlerContext ctx, ByteBuf waiting, ByteBuf piece) {
    try {
      return gathered(ctx, waiting).writeBytes(piece);
    } finally {
      piece.release();
    }
  }

  private ByteBuf gathered(ChannelHandlerContext ctx, ByteBuf waiting) {
    if (gathering) {
      return waiting;
    }
    ByteBuf buffer = ctx.alloc().directBuffer(INITIAL, FULL).writeBytes(waiting);
    gathering = true;
    waiting.release();
    return buffer;
  }

  private void passOn(ChannelHandlerContext ctx) {
    ByteBuf bytes = pending;
    if (bytes == null) {
      return;
    }
    pending = null;
    gathering = false;
    if (promises.isEmpty()) {
      ctx.write(bytes, ctx.voidPromise());
    } else if (promises.size() == 1) {
      ctx.write(bytes, promises.removeFirst());
    } else {
      ChannelPromise[] all = promises.toArray(ChannelPromise[]::new);
      promises.clear();
      ctx.write(bytes).addListener(new PromiseNotifier<Void, ChannelFuture>(false, all));
    }
  }

  @Override
  public void flush(ChannelHandlerContext ctx) {
    passOn(ctx);
    ctx.flush();
  }

  @Override
  public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
    passOn(ctx);
    ctx.close(promise);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    passOn(ctx);
  }
}
