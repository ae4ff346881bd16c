package dev.loragateway.sim;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * One connection: requests are answered one after the other, also when they were sent ahead. A
 * client that leaves aborts what the engine does for it. Confined to its event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty closes the channel of a failed write.
final class SimHttpHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
  private final SimRouter router;
  private final KeepAliveTimer timer;
  private final Queue<ReceivedRequest> ahead = new ArrayDeque<>();
  private @Nullable SimExchange current;

  SimHttpHandler(SimRouter router, KeepAliveTimer timer) {
    this.router = router;
    this.timer = timer;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest message) {
    if (message.decoderResult().isFailure()) {
      refuse(ctx);
      return;
    }
    ahead.add(ReceivedRequest.of(message));
    next(ctx);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    SimExchange exchange = current;
    if (exchange != null) {
      router.left(exchange);
    }
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }

  /** Whether no answer is under way. */
  boolean idle() {
    return current == null;
  }

  /** Whether the answer under way is about the simulation itself. */
  boolean inSim() {
    SimExchange exchange = current;
    return exchange != null && exchange.request.path.startsWith("/sim/");
  }

  private void next(ChannelHandlerContext ctx) {
    while (current == null) {
      ReceivedRequest request = ahead.poll();
      if (request == null) {
        return;
      }
      SimExchange exchange =
          new SimExchange(ctx.channel(), request, () -> answered(ctx, request.keepAlive));
      current = exchange;
      router.handle(exchange);
    }
  }

  private void answered(ChannelHandlerContext ctx, boolean keepAlive) {
    SimExchange exchange = current;
    if (exchange != null) {
      router.answered(exchange);
    }
    current = null;
    if (!keepAlive || router.draining()) {
      ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
      return;
    }
    if (ahead.isEmpty()) {
      timer.start(ctx);
    } else {
      ctx.executor().execute(() -> next(ctx));
    }
  }

  private static void refuse(ChannelHandlerContext ctx) {
    byte[] body = "Invalid HTTP request received.".getBytes(StandardCharsets.UTF_8);
    var response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.BAD_REQUEST, Unpooled.wrappedBuffer(body));
    response
        .headers()
        .set(HttpHeaderNames.SERVER, "uvicorn")
        .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
        .set(HttpHeaderNames.CONTENT_LENGTH, body.length)
        .set(HttpHeaderNames.CONNECTION, "close");
    ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
  }
}
