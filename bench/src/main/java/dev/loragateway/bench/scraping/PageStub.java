package dev.loragateway.bench.scraping;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpRequestDecoder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A program that stands in for as many idle model servers as its argument says, on one event loop
 * and ports of its own, which it prints. Told {@code busy} or {@code idle} on its standard input,
 * they are that from then on. It ends with its standard input. Stateless.
 */
final class PageStub {
  static final String BUSY = "busy";
  static final String IDLE = "idle";

  /** Different pages of each kind: 64 scrapes in a row get one each, whoever asks. */
  private static final int PAGES = 64;

  private PageStub() {}

  public static void main(String[] args) throws Exception {
    PageAnswers answers = new PageAnswers(MetricsPages.of(PAGES, new Random(1)));
    EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    List<String> ports = new ArrayList<>();
    for (int i = 0; i < Integer.parseInt(args[0]); i++) {
      ports.add(Integer.toString(listen(loop, answers)));
    }
    System.out.println(String.join(" ", ports));
    obey(answers);
    System.exit(0);
  }

  private static void obey(PageAnswers answers) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      answers.busy(line.equals(BUSY));
    }
  }

  private static int listen(EventLoopGroup loop, PageAnswers answers) throws InterruptedException {
    Channel channel =
        new ServerBootstrap()
            .group(loop)
            .channel(NioServerSocketChannel.class)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel connection) {
                    connection
                        .pipeline()
                        .addLast(new HttpRequestDecoder(), new PageHandler(answers));
                  }
                })
            .bind("127.0.0.1", 0)
            .sync()
            .channel();
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }
}
