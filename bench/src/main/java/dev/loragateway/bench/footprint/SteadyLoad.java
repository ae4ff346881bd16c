package dev.loragateway.bench.footprint;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sends requests of 1 KB at a constant rate, however fast they are answered, over connections that
 * stay open: one of five asks for a stream. One for which no connection is free is sent late. All
 * on one event loop; thread-safe.
 */
final class SteadyLoad implements AutoCloseable {
  private static final int CONNECTIONS = 128;
  private static final int STREAM_EVERY = 5;
  private static final int BODY = 1 << 10;
  private static final long TICK_MILLIS = 1;
  private static final int PATIENCE_SECONDS = 20;

  private final MultiThreadIoEventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final List<ByteBuf> requests = new ArrayList<>();
  private final int rate;
  private final AtomicLong answered = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final Queue<Channel> free = new ArrayDeque<>(); // confined to the loop
  private volatile long sent;
  private long began;
  private volatile boolean stopped;

  /**
   * Opens the connections.
   *
   * @param port of the gateway
   * @param rate requests per second
   */
  SteadyLoad(int port, List<String> models, int rate) throws InterruptedException {
    this.rate = rate;
    for (int i = 0; i < STREAM_EVERY; i++) {
      for (String model : models) {
        requests.add(request(model, i == 0));
      }
    }
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.TCP_NODELAY, true)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(new HttpResponseDecoder(), new Reader());
                  }
                });
    for (int i = 0; i < CONNECTIONS; i++) {
      bootstrap.connect("127.0.0.1", port).sync();
    }
  }

  private static ByteBuf request(String model, boolean stream) {
    String head =
        "{\"model\":\"%s\",\"stream\":%s,\"max_tokens\":64,\"messages\":[{\"role\":\"user\",\"content\":\""
            .formatted(model, stream);
    String tail = "\"}]}";
    String body = head + "word ".repeat((BODY - head.length() - tail.length()) / 5) + tail;
    String text =
        """
        POST /v1/chat/completions HTTP/1.1\r
        Host: 127.0.0.1\r
        Content-Type: application/json\r
        Content-Length: %d\r
        \r
        %s\
        """
            .formatted(body.length(), body);
    return Unpooled.unreleasableBuffer(
        Unpooled.directBuffer(text.length()).writeBytes(text.getBytes(US_ASCII)));
  }

  /** Begins to send. */
  void start() {
    began = System.nanoTime();
    loop.scheduleAtFixedRate(this::sendDue, 0, TICK_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void sendDue() {
    long due = stopped ? sent : (System.nanoTime() - began) * rate / TimeUnit.SECONDS.toNanos(1);
    for (Channel channel; sent < due && (channel = free.poll()) != null; sent++) {
      channel.writeAndFlush(requests.get((int) (sent % requests.size())).duplicate());
    }
  }

  /** Sends no more, and waits until all is answered or has had its time. */
  void stop() throws InterruptedException {
    stopped = true;
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (answered.get() + failed.get() < sent && System.nanoTime() < deadline) {
      Thread.sleep(TICK_MILLIS);
    }
  }

  long answered() {
    return answered.get();
  }

  /** Requests that were not answered in full, with a status of 200. */
  long failed() {
    return stopped ? sent - answered.get() : failed.get();
  }

  @Override
  public void close() {
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  /** Reads the answers on one connection. Confined to the event loop. */
  private final class Reader extends ChannelInboundHandlerAdapter {
    private boolean good;

    @Override
    public void channelActive(ChannelHandlerContext context) {
      free.add(context.channel());
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (message instanceof HttpResponse response) {
        good = response.status().code() == 200;
      }
      if (message instanceof HttpContent content) {
        good &= content.decoderResult().isSuccess();
        content.release();
      }
      if (message instanceof LastHttpContent) {
        (good ? answered : failed).incrementAndGet();
        free.add(context.channel());
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      if (!free.remove(context.channel())) {
        failed.incrementAndGet();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }
}
