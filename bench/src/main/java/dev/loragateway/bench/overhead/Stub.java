package dev.loragateway.bench.overhead;

import dev.loragateway.sim.SimSettings;
import dev.loragateway.sim.SimulatedServer;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequestDecoder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;

/**
 * A program that stands in for model servers: on event loops as many as its argument says, on
 * several ports, with answers encoded beforehand, so that it costs as little as can be. Prints its
 * ports when it listens, and ends with its standard input. Stateless.
 */
final class Stub {
  /** Servers of each of the two pools. */
  static final int SERVERS = 2;

  /** Base models, each with its adapters. */
  static final List<List<String>> MODELS =
      List.of(List.of("base", "lora-0", "lora-1"), List.of("other", "lora-2", "lora-3"));

  private static final int BACKLOG = 4096;
  private static final int GPU_SLOTS = 4;
  private static final int CPU_SLOTS = 8;

  private Stub() {}

  public static void main(String[] args) throws Exception {
    EventLoopGroup loop =
        new MultiThreadIoEventLoopGroup(Integer.parseInt(args[0]), NioIoHandler.newFactory());
    List<String> ports = new ArrayList<>();
    for (List<String> models : MODELS) {
      StubAnswers answers = answers(models);
      for (int i = 0; i < SERVERS; i++) {
        ports.add(Integer.toString(listen(loop, answers)));
      }
    }
    System.out.println(String.join(" ", ports));
    while (System.in.read() >= 0) {
      continue;
    }
    System.exit(0);
  }

  private static int listen(EventLoopGroup loop, StubAnswers answers) throws InterruptedException {
    Channel channel =
        new ServerBootstrap()
            .group(loop)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(new Connection(answers))
            .bind("127.0.0.1", 0)
            .sync()
            .channel();
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }

  /** Lets the simulated server write the pages that a gateway scrapes, once. */
  private static StubAnswers answers(List<String> models) throws IOException, InterruptedException {
    SimSettings settings =
        SimSettings.of(models.getFirst(), models.subList(1, models.size()).toArray(String[]::new))
            .withSlots(GPU_SLOTS, CPU_SLOTS);
    try (SimulatedServer server = SimulatedServer.start(settings);
        HttpClient client = HttpClient.newHttpClient()) {
      String url = "http://" + server.address();
      for (String model : models) {
        String body = "{\"model\":\"%s\",\"prompt\":\"a\",\"max_tokens\":1}".formatted(model);
        send(client, request(url + "/v1/completions").POST(BodyPublishers.ofString(body)));
      }
      return new StubAnswers(
          send(client, request(url + "/v1/models")), send(client, request(url + "/metrics")));
    }
  }

  private static HttpRequest.Builder request(String url) {
    return HttpRequest.newBuilder(URI.create(url)).header("content-type", "application/json");
  }

  private static String send(HttpClient client, HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return client.send(request.build(), BodyHandlers.ofString()).body();
  }

  /** Sets up a connection. */
  private static final class Connection extends ChannelInitializer<Channel> {
    private final StubAnswers answers;

    Connection(StubAnswers answers) {
      this.answers = answers;
    }

    @Override
    protected void initChannel(Channel channel) {
      HttpDecoderConfig config =
          new HttpDecoderConfig().setMaxHeaderSize(64 << 10).setMaxChunkSize(64 << 10);
      channel.pipeline().addLast(new HttpRequestDecoder(config), new StubHandler(answers));
    }
  }
}
