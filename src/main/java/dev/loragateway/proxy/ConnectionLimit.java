package dev.loragateway.proxy;

import dev.loragateway.model.GatewayError;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Counts client connections, whatever they speak, and closes those above the limit. Stands first.
 * Confined to the downstream event loop.
 */
public final class ConnectionLimit extends ChannelInboundHandlerAdapter {
  private final ProxyContext context;
  private boolean counted;

  public ConnectionLimit(ProxyContext context) {
    this.context = context;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    counted = true;
    if (context.connections.incrementAndGet() > context.settings.get().limits().connections()) {
      context.listener.rejected(GatewayError.OVERLOADED);
      ctx.close();
      return;
    }
    ctx.fireChannelActive();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (counted) {
      counted = false;
      context.connections.decrementAndGet();
    }
    ctx.fireChannelInactive();
  }
}
