package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.pkitesting.X509Bundle;
import io.netty.util.ReferenceCountUtil;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An orderly stop, as clients of HTTP/2 see it. */
final class Http2DrainTest {
  private static final String BODY = "{\"model\":\"base\"}";
  private static final int CLIENTS = 4;

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private static Thread drain(Gateway gateway) {
    return Thread.startVirtualThread(gateway::drain);
  }

  @Test
  void drain_warnsFirst_thenNamesTheLastStream_andFinishesIt() throws InterruptedException {
    CountDownLatch more = new CountDownLatch(1);
    RawUpstream server =
        gateways.upstream(
            call -> {
              assertThat(more.await(10, TimeUnit.SECONDS)).isTrue();
              call.reply(200, "application/json", call.body());
            });
    Gateway gateway = gateways.start(Setup.of(server.address()));
    FrameClient client = gateways.closing(new FrameClient(gateway)).send(Frames.post(1, BODY));
    await().atMost(SOON).until(() -> server.calls().size() == 1);

    Thread draining = drain(gateway);
    client.readUntil(() -> client.goAway() != null);
    assertThat(client.goAway().lastStream()).isEqualTo(Integer.MAX_VALUE);
    client.readUntil(() -> client.goAway().lastStream() == 1);
    client.send(Frames.post(3, BODY));
    assertThat(client.answer(3).reset()).isEqualTo(Frames.REFUSED_STREAM);
    more.countDown();

    assertThat(client.answer(1).body()).isEqualTo(BODY);
    client.awaitEnd();
    assertThat(server.calls()).hasSize(1);
    assertThat(draining.join(SOON)).isTrue();
  }

  /** It may have been sent before the warning came. */
  @Test
  void drain_requestBetweenTheTwoSteps_isAnswered() throws InterruptedException {
    RawUpstream server =
        gateways.upstream(call -> call.reply(200, "application/json", call.body()));
    Gateway gateway = gateways.start(Setup.of(server.address()));
    FrameClient client = gateways.closing(new FrameClient(gateway)).send(Frames.post(1, BODY));
    client.answer(1);

    Thread draining = drain(gateway);
    client.readUntil(() -> client.goAway() != null);
    client.send(Frames.post(3, BODY));

    assertThat(client.answer(3).body()).isEqualTo(BODY);
    client.readUntil(() -> client.goAway().lastStream() == 3);
    client.awaitEnd();
    assertThat(draining.join(SOON)).isTrue();
  }

  @Test
  void drain_streamThatDoesNotEnd_endsWithAnErrorEventAtTheTimeout() throws InterruptedException {
    RawUpstream server =
        gateways.upstream(
            call -> {
              call.stream().chunk("data: 1\n\n");
              call.awaitEnd();
            });
    Gateway gateway =
        gateways.start(Setup.of(server.address()).drain(Duration.ZERO, Duration.ofSeconds(1)));
    FrameClient client = gateways.closing(new FrameClient(gateway)).send(Frames.post(1, BODY));
    client.readUntil(() -> client.on(1).body().length() > 0);

    Thread draining = drain(gateway);

    assertThat(client.answer(1).whole()).isFalse();
    assertThat(client.on(1).body()).contains("\"code\":\"shutting_down\"");
    assertThat(draining.join(SOON)).isTrue();
  }

  /** Without it a client cannot tell an end from a cut. */
  @ParameterizedTest
  @ValueSource(strings = {"h2", "http/1.1"})
  void drain_connectionOverTls_isClosedWithCloseNotify(String protocol) throws Exception {
    X509Bundle own = Certificates.of("gateway");
    Gateway gateway =
        gateways.start(
            Setup.of(gateways.simulator("base").address()).tls(Certificates.tls(own, null)));
    CompletableFuture<Boolean> open = new CompletableFuture<>();
    CompletableFuture<Boolean> notified = new CompletableFuture<>();
    connect(gateway, protocol, open, notified);
    assertThat(open.get(10, TimeUnit.SECONDS)).isTrue();

    Thread draining = drain(gateway);

    assertThat(notified.get(10, TimeUnit.SECONDS)).isTrue();
    assertThat(draining.join(SOON)).isTrue();
  }

  private static void connect(
      Gateway gateway,
      String protocol,
      CompletableFuture<Boolean> open,
      CompletableFuture<Boolean> notified)
      throws Exception {
    String firstWords =
        protocol.equals("h2") ? Frames.PREFACE + Frames.settings() : Requests.get("/health");
    SslContext tls =
        SslContextBuilder.forClient()
            .trustManager(InsecureTrustManagerFactory.INSTANCE)
            .endpointIdentificationAlgorithm(null)
            .applicationProtocolConfig(
                new ApplicationProtocolConfig(
                    ApplicationProtocolConfig.Protocol.ALPN,
                    ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                    ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                    protocol))
            .build();
    EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    gateways.closing(() -> loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly());
    new Bootstrap()
        .group(loop)
        .channel(NioSocketChannel.class)
        .handler(
            new ChannelInitializer<SocketChannel>() {
              @Override
              protected void initChannel(SocketChannel channel) {
                channel
                    .pipeline()
                    .addLast(tls.newHandler(channel.alloc()))
                    .addLast(new Ends(firstWords, open, notified));
              }
            })
        .connect("127.0.0.1", gateway.port());
  }

  /** Tells when the gateway has spoken, and how it ended the connection. */
  private static final class Ends extends ChannelInboundHandlerAdapter {
    private final String firstWords;
    private final CompletableFuture<Boolean> open;
    private final CompletableFuture<Boolean> notified;

    Ends(String firstWords, CompletableFuture<Boolean> open, CompletableFuture<Boolean> notified) {
      this.firstWords = firstWords;
      this.open = open;
      this.notified = notified;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ReferenceCountUtil.release(message);
      open.complete(true);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof SslHandshakeCompletionEvent) {
        ctx.writeAndFlush(Unpooled.copiedBuffer(firstWords, ISO_8859_1));
      } else if (event instanceof SslCloseCompletionEvent done) {
        notified.complete(done.isSuccess());
      }
    }
  }

  @Test
  void gatewaysReplaced_underLoad_noRequestFails() throws Exception {
    X509Bundle own = Certificates.of("gateway");
    RawUpstream server =
        gateways.upstream(call -> call.reply(200, "application/json", call.body()));
    TcpBalancer balancer = gateways.closing(new TcpBalancer());
    Setup setup =
        Setup.of(server.address())
            .tls(Certificates.tls(own, null))
            .drain(Duration.ofSeconds(1), Duration.ofSeconds(30));
    Gateway first = join(balancer, setup);
    HttpClient client = client(own);
    Queue<String> failures = new ConcurrentLinkedQueue<>();
    AtomicInteger answered = new AtomicInteger();
    CountDownLatch over = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < CLIENTS; i++) {
        threads.execute(() -> ask(client, balancer.port(), over, answered, failures));
      }
      Gateway old = first;
      for (int i = 0; i < 3; i++) {
        awaitMore(answered);
        Gateway next = join(balancer, setup);
        old.drain();
        balancer.remove(old);
        old = next;
      }
      awaitMore(answered);
      over.countDown();
    }

    assertThat(failures).isEmpty();
  }

  private static Gateway join(TcpBalancer balancer, Setup setup) {
    Gateway gateway = gateways.start(setup);
    balancer.add(gateway);
    await().atMost(SOON).until(() -> balancer.uses(gateway));
    return gateway;
  }

  private static void awaitMore(AtomicInteger answered) {
    int enough = answered.get() + 200;
    await().atMost(SOON).until(() -> answered.get() >= enough);
  }

  private static HttpClient client(X509Bundle trusted) throws Exception {
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted.toKeyStore(new char[0]));
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return gateways.closing(
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).sslContext(context).build());
  }

  private static void ask(
      HttpClient client,
      int port,
      CountDownLatch over,
      AtomicInteger answered,
      Queue<String> failures) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port + "/v1/chat/completions"))
            .header("content-type", "application/json")
            .timeout(SOON)
            .POST(HttpRequest.BodyPublishers.ofString(BODY))
            .build();
    while (over.getCount() > 0) {
      try {
        HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
        if (answer.statusCode() != 200 || answer.version() != HttpClient.Version.HTTP_2) {
          failures.add(answer + " " + answer.body());
        }
        answered.incrementAndGet();
      } catch (Exception e) {
        failures.add(e.toString());
      }
    }
  }
}
