package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static dev.loragateway.server.GatewayExtension.admin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.sim.SimSettings;
import dev.loragateway.sim.SimulatedServer;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An orderly stop. */
final class DrainTest {
  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private static boolean refused(int port) {
    try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port)) {
      return !socket.isConnected();
    } catch (IOException e) {
      return true;
    }
  }

  private static Thread drain(Gateway gateway) {
    return Thread.startVirtualThread(gateway::drain);
  }

  @Test
  void drain_streamUnderWay_isFinishedFirst() throws InterruptedException {
    CountDownLatch more = new CountDownLatch(1);
    RawUpstream server =
        gateways.upstream(
            call -> {
              call.stream().chunk("data: 1\n\n");
              assertThat(more.await(10, TimeUnit.SECONDS)).isTrue();
              call.chunk("data: [DONE]\n\n").chunk("");
            });
    Gateway gateway = gateways.start(Setup.of(server.address()));
    int port = gateway.port();
    WireClient client = gateways.client(gateway);
    WireResponse head = client.send(Requests.stream("lora", 2)).readHead();
    assertThat(client.readChunk()).isEqualTo("data: 1\n\n");

    Thread draining = drain(gateway);
    await().atMost(SOON).until(() -> refused(port));
    assertThat(admin(gateway, "/readyz").status()).isEqualTo(503);
    assertThat(admin(gateway, "/healthz").status()).isEqualTo(200);
    more.countDown();
    ByteArrayOutputStream rest = new ByteArrayOutputStream();

    assertThat(client.readBody(head, rest)).isTrue();
    assertThat(rest.toString(StandardCharsets.UTF_8)).isEqualTo("data: [DONE]\n\n");
    assertThat(draining.join(SOON)).isTrue();
    client.awaitEnd();
  }

  @Test
  void drain_delay_isNotReadyButStillAccepts() throws InterruptedException {
    SimulatedServer server = gateways.simulator("base");
    Gateway gateway = gateways.start(Setup.of(server.address()).drain(Duration.ofSeconds(2), SOON));
    assertThat(admin(gateway, "/readyz").status()).isEqualTo(200);

    Thread draining = drain(gateway);
    await().atMost(SOON).until(() -> admin(gateway, "/readyz").status() == 503);
    WireResponse answer = gateways.chat(gateway, "base");
    WireResponse health = gateways.ask(gateway, Requests.get("/health"));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("connection")).isEqualTo("close");
    assertThat(health.status()).isEqualTo(503);
    assertThat(draining.join(SOON)).isTrue();
  }

  /** The kernel holds little here, so that the end of the answer waits in the gateway. */
  @Test
  void active_answerThatTheClientHasNotTaken_countsUntilItDoes() {
    String body = "x".repeat(60_000);
    RawUpstream server = gateways.upstream(call -> call.reply(200, "text/plain", body));
    Gateway gateway = gateways.start(Setup.of(server.address()));
    WireClient client = gateways.closing(new WireClient(listenWithSmallBuffers(gateway), 4 << 10));

    WireResponse head = client.send(Requests.chat("lora")).readHead();
    await().atMost(SOON).until(() -> GatewayExtension.inFlight(gateway) == 0);

    assertThat(gateway.proxy().active()).isEqualTo(1);
    ByteArrayOutputStream received = new ByteArrayOutputStream();
    assertThat(client.readBody(head, received)).isTrue();
    assertThat(received.size()).isEqualTo(body.length());
    await().atMost(SOON).until(() -> gateway.proxy().active() == 0);
  }

  private static int listenWithSmallBuffers(Gateway gateway) {
    EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    gateways.closing(() -> loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly());
    Channel listener =
        new ServerBootstrap()
            .group(loop)
            .channel(NioServerSocketChannel.class)
            .childOption(ChannelOption.SO_SNDBUF, 4 << 10)
            .childHandler(new GatewayChannelInitializer(gateway.proxy(), () -> null))
            .bind("127.0.0.1", 0)
            .awaitUninterruptibly()
            .channel();
    return ((InetSocketAddress) listener.localAddress()).getPort();
  }

  @Test
  void drain_streamThatDoesNotEnd_endsWithAnErrorEventAtTheTimeout() throws InterruptedException {
    SimulatedServer server =
        gateways.simulator(SimSettings.of("base").withTokenTime(Duration.ofMillis(5)));
    Gateway gateway =
        gateways.start(Setup.of(server.address()).drain(Duration.ZERO, Duration.ofMillis(200)));
    WireClient client = gateways.client(gateway).send(Requests.stream("base", 30_000));
    WireResponse head = client.readHead();

    Thread draining = drain(gateway);

    ByteArrayOutputStream received = new ByteArrayOutputStream();
    assertThat(client.readBody(head, received)).isFalse();
    assertThat(received.toString(StandardCharsets.UTF_8))
        .endsWith(
            "data: {\"error\":{\"message\":\"the gateway is shutting"
                + " down\",\"type\":\"server_error\",\"param\":null,\"code\":\"shutting_down\"}}\n\n");
    assertThat(draining.join(SOON)).isTrue();
    await().atMost(SOON).until(() -> server.requests().stream().anyMatch(r -> r.aborted()));
  }

  @Test
  void drain_requestThatIsNotAnswered_is503AtTheTimeout() throws InterruptedException {
    RawUpstream server = gateways.upstream(RawUpstream.Call::awaitEnd);
    Gateway gateway =
        gateways.start(Setup.of(server.address()).drain(Duration.ZERO, Duration.ofMillis(200)));
    WireClient client = gateways.client(gateway).send(Requests.chat("base"));
    await().atMost(SOON).until(() -> GatewayExtension.inFlight(gateway) == 1);

    Thread draining = drain(gateway);

    WireResponse answer = client.read();
    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.errorCode()).isEqualTo("shutting_down");
    assertThat(draining.join(SOON)).isTrue();
  }
}
