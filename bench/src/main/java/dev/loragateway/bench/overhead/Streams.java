package dev.loragateway.bench.overhead;

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
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Clients that read paced streams, all at once, on one event loop: what they read tells when it was
 * due, by a clock that all programs of a machine share. Thread-safe.
 */
final class Streams implements AutoCloseable {
  /** The streams are opened over this time, so that they do not all have the same phase. */
  private static final long OPENING_MILLIS = 1_000;

  /** Begins after the last one is open, and ends before the first one is over. */
  private static final long SETTLING_MILLIS = 500;

  private static final long PATIENCE_MILLIS = 10_000;

  /**
   * What came of the streams. Immutable.
   *
   * @param expected events
   * @param arrived events
   * @param ended streams that came to their end
   * @param lateMicros by how much each event came late, ascending
   * @param meanwhile events that arrived while all streams were open
   * @param cpuSeconds of the proxy, in that time
   * @param seconds of that time
   */
  record Result(
      int expected,
      int arrived,
      int ended,
      long[] lateMicros,
      int meanwhile,
      double cpuSeconds,
      double seconds) {
    long late(double quantile) {
      int at = (int) Math.ceil(quantile * lateMicros.length) - 1;
      return lateMicros.length == 0 ? 0 : lateMicros[Math.max(0, at)];
    }
  }

  private final MultiThreadIoEventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final int streams;
  private final int events;

  Streams(int streams, int seconds) {
    this.streams = streams;
    this.events = (int) (TimeUnit.SECONDS.toNanos(seconds) / StubHandler.PACE_NANOS);
  }

  Result run(int port, List<String> models, Contender contender) throws InterruptedException {
    Run run = new Run();
    for (int i = 0; i < streams; i++) {
      open(port, request(models.get(i % models.size())), run);
      Thread.sleep(i % 2 == 0 ? 0 : 2 * OPENING_MILLIS / streams);
    }
    Thread.sleep(SETTLING_MILLIS);
    double cpu = contender.cpuSeconds();
    int meanwhile = run.arrived.get();
    long since = System.nanoTime();
    long lasts = TimeUnit.NANOSECONDS.toMillis(events * StubHandler.PACE_NANOS);
    Thread.sleep(Math.max(SETTLING_MILLIS, lasts - OPENING_MILLIS - 2 * SETTLING_MILLIS));
    double seconds = (System.nanoTime() - since) / 1e9;
    cpu = contender.cpuSeconds() - cpu;
    meanwhile = run.arrived.get() - meanwhile;
    run.over.await(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
    run.open.close().awaitUninterruptibly();
    return run.result(meanwhile, cpu, seconds);
  }

  private void open(int port, String request, Run run) {
    new Bootstrap()
        .group(loop)
        .channel(NioSocketChannel.class)
        .option(ChannelOption.TCP_NODELAY, true)
        .handler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                channel.pipeline().addLast(new HttpResponseDecoder(), new Reader(request, run));
              }
            })
        .connect("127.0.0.1", port)
        .addListener(
            connected -> {
              if (!connected.isSuccess()) {
                run.over.countDown();
              }
            });
  }

  private String request(String model) {
    String head =
        "{\"model\":\"%s\",\"stream\":true,\"max_tokens\":%d,\"messages\":[{\"role\":\"user\",\"content\":\"%s%d "
            .formatted(model, events, StubHandler.PACED, events);
    String tail = "\"}]}";
    int fill = Case.STREAMS.bytes() - head.length() - tail.length();
    String body = head + "word ".repeat(fill / 5) + tail;
    return """
    POST /v1/chat/completions HTTP/1.1\r
    Host: 127.0.0.1\r
    Content-Type: application/json\r
    Content-Length: %d\r
    \r
    %s\
    """
        .formatted(body.length(), body);
  }

  @Override
  public void close() {
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  /** What all streams have seen. Written by the event loop. */
  private final class Run {
    private final CountDownLatch over = new CountDownLatch(streams);
    private final ChannelGroup open = new DefaultChannelGroup(loop.next());
    private final AtomicInteger ended = new AtomicInteger();
    private final AtomicInteger arrived = new AtomicInteger();
    private final long[] late = new long[streams * events];

    void arrived(long due) {
      int number = arrived.getAndIncrement();
      if (number < late.length) {
        late[number] = (System.nanoTime() - due) / 1_000;
      }
    }

    Result result(int meanwhile, double cpuSeconds, double seconds) {
      long[] sorted = Arrays.copyOf(late, Math.min(arrived.get(), late.length));
      Arrays.sort(sorted);
      return new Result(
          late.length, arrived.get(), ended.get(), sorted, meanwhile, cpuSeconds, seconds);
    }
  }

  /** Reads one stream, however it is cut into pieces. Confined to the event loop. */
  private static final class Reader extends ChannelInboundHandlerAdapter {
    private static final byte[] DUE = StubAnswers.DUE.getBytes(US_ASCII);

    private final String request;
    private final Run run;
    private int matched;
    private int digits;
    private long due;

    Reader(String request, Run run) {
      this.request = request;
      this.run = run;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      run.open.add(context.channel());
      context.writeAndFlush(Unpooled.copiedBuffer(request, US_ASCII));
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (message instanceof HttpContent content) {
        read(content.content());
        content.release();
      }
      if (message instanceof LastHttpContent last && last.decoderResult().isSuccess()) {
        run.ended.incrementAndGet();
        context.close();
      }
    }

    private void read(ByteBuf bytes) {
      while (bytes.isReadable()) {
        byte next = bytes.readByte();
        if (matched < DUE.length) {
          matched = next == DUE[matched] ? matched + 1 : next == DUE[0] ? 1 : 0;
        } else if (next >= '0' && next <= '9') {
          due = 10 * due + next - '0';
          digits++;
          if (digits == StubAnswers.DUE_DIGITS) {
            run.arrived(due);
            restart();
          }
        } else {
          restart();
        }
      }
    }

    private void restart() {
      matched = 0;
      digits = 0;
      due = 0;
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      run.over.countDown();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }
}
