package dev.loragateway.bench.siege;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Connections that send at most one request and read nothing; they stay until the crowd is closed.
 * Confined to one thread.
 */
final class Crowd implements AutoCloseable {
  /** Opened at once, below the listener's backlog. */
  private static final int AT_ONCE = 200;

  private static final int RECEIVE_BUFFER = 4 << 10;

  private final MultiThreadIoEventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final List<Channel> members = new ArrayList<>();

  /**
   * Opens the connections.
   *
   * @param request what each sends; empty = nothing
   */
  Crowd(int port, int size, String request) throws IOException, InterruptedException {
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.AUTO_READ, false)
            .option(ChannelOption.SO_RCVBUF, RECEIVE_BUFFER)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {}
                });
    while (members.size() < size) {
      List<ChannelFuture> opening = new ArrayList<>();
      for (int i = Math.min(AT_ONCE, size - members.size()); i > 0; i--) {
        opening.add(bootstrap.connect("127.0.0.1", port));
      }
      for (ChannelFuture opened : opening) {
        if (!opened.await().isSuccess()) {
          close();
          throw new IOException("connection " + members.size(), opened.cause());
        }
        members.add(opened.channel());
        if (!request.isEmpty()) {
          opened.channel().writeAndFlush(Unpooled.copiedBuffer(request, US_ASCII));
        }
      }
    }
  }

  /** Those that the other side has not closed; it shows only to who writes or reads. */
  long open() {
    return members.stream().filter(Channel::isActive).count();
  }

  @Override
  public void close() {
    loop.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
  }
}
