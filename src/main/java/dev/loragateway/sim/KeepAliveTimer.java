package dev.loragateway.sim;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Closes a connection that stays idle after an answer; the first byte of the next request stops it.
 * A connection that never carried a request is left open. Confined to its event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A close cannot fail in a way that matters.
final class KeepAliveTimer extends ChannelInboundHandlerAdapter {
  private final Duration idle;
  private @Nullable Future<?> pending;

  KeepAliveTimer(Duration idle) {
    this.idle = idle;
  }

  void start(ChannelHandlerContext ctx) {
    stop();
    pending = ctx.executor().schedule(() -> ctx.close(), idle.toNanos(), TimeUnit.NANOSECONDS);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    stop();
    ctx.fireChannelRead(message);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    stop();
    ctx.fireChannelInactive();
  }

  private void stop() {
    Future<?> timer = pending;
    if (timer != null) {
      timer.cancel(false);
      pending = null;
    }
  }
}
