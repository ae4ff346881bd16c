package dev.loragateway.upstream;

import dev.loragateway.model.Endpoint;
import dev.loragateway.model.UpstreamTls;
import dev.loragateway.upstream.UpstreamSettings.Connect;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.ssl.SslHandler;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one event loop to the model servers. An exchange keeps to the loop of its
 * client, so that no byte changes threads. Confined to its event loop.
 */
public final class UpstreamPool {
  /** Takes the outcome of {@link #acquire}; may be called before it returns. */
  public interface Acquired {
    void connected(UpstreamConnection connection);

    void failed(Throwable cause);
  }

  private final EventLoop loop;
  private final UpstreamPools shared;
  private final Map<String, Deque<UpstreamConnection>> idle = new HashMap<>();
  private boolean sweeping;

  UpstreamPool(EventLoop loop, UpstreamPools shared) {
    this.loop = loop;
    this.shared = shared;
  }

  /** Gives an idle connection to the endpoint, or makes one. */
  public void acquire(Endpoint endpoint, boolean fresh, Acquired acquired) {
    UpstreamConnection connection = fresh ? null : pollIdle(endpoint);
    if (connection != null) {
      acquired.connected(connection);
    } else {
      connect(endpoint, acquired);
    }
  }

  /** The connection used last, since it is the farthest from being closed by the server. */
  private @Nullable UpstreamConnection pollIdle(Endpoint endpoint) {
    Deque<UpstreamConnection> connections = idle.get(endpoint.address());
    if (connections == null) {
      return null;
    }
    UpstreamConnection last = connections.pollLast();
    while (last != null && (!last.usable() || expired(last) || !last.endpoint().equals(endpoint))) {
      last.close();
      last = connections.pollLast();
    }
    return last;
  }

  private boolean expired(UpstreamConnection connection) {
    return System.nanoTime() - connection.idleSince() >= shared.settings().keepAlive().toNanos();
  }

  void release(UpstreamConnection connection) {
    connection.idle(System.nanoTime());
    idle.computeIfAbsent(connection.endpoint().address(), address -> new ArrayDeque<>())
        .addLast(connection);
    if (!sweeping) {
      sweeping = true;
      sweepLater();
    }
  }

  void forget(UpstreamConnection connection) {
    Deque<UpstreamConnection> connections = idle.get(connection.endpoint().address());
    if (connections != null) {
      connections.remove(connection);
    }
  }

  private void sweepLater() {
    long interval = Math.max(1, shared.settings().keepAlive().toMillis() / 4);
    loop.schedule(this::sweep, interval, TimeUnit.MILLISECONDS);
  }

  /** Closes the connections that idled too long; they stand first. */
  private void sweep() {
    idle.values()
        .forEach(
            connections -> {
              while (!connections.isEmpty() && expired(connections.getFirst())) {
                connections.removeFirst().close();
              }
            });
    idle.values().removeIf(Deque::isEmpty);
    sweeping = !idle.isEmpty();
    if (sweeping) {
      sweepLater();
    }
  }

  private void connect(Endpoint endpoint, Acquired acquired) {
    long timeout = shared.settings().connect(endpoint.pool()).tcp().toMillis();
    ChannelFuture connected =
        new Bootstrap()
            .group(loop)
            .channel(NioSocketChannel.class)
            .resolver(shared.resolver())
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) timeout)
            .handler(new Initializer(endpoint))
            .connect(endpoint.host(), endpoint.port());
    connected.addListener(done -> connected(connected, acquired));
  }

  private static void connected(ChannelFuture connect, Acquired acquired) {
    if (!connect.isSuccess()) {
      acquired.failed(connect.cause());
      return;
    }
    Channel channel = connect.channel();
    UpstreamConnection connection = channel.pipeline().get(UpstreamConnection.class);
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    if (tls == null) {
      acquired.connected(connection);
      return;
    }
    tls.handshakeFuture()
        .addListener(
            shaken -> {
              if (shaken.isSuccess()) {
                acquired.connected(connection);
              } else {
                channel.close();
                acquired.failed(shaken.cause());
              }
            });
  }

  private final class Initializer extends ChannelInitializer<Channel> {
    private final Endpoint endpoint;

    Initializer(Endpoint endpoint) {
      this.endpoint = endpoint;
    }

    @Override
    protected void initChannel(Channel channel) {
      UpstreamTls tls = endpoint.access().tls();
      if (tls != null) {
        SslHandler handler = new SslHandler(tls.engine(endpoint.host(), endpoint.port()));
        Connect timeouts = shared.settings().connect(endpoint.pool());
        handler.setHandshakeTimeoutMillis(timeouts.tls().toMillis());
        channel.pipeline().addLast(handler);
      }
      channel.pipeline().addLast(new WriteCombiner());
      StrictResponseDecoder decoder = new StrictResponseDecoder();
      channel.pipeline().addLast(decoder);
      channel.pipeline().addLast(new HttpRequestEncoder());
      channel
          .pipeline()
          .addLast(new UpstreamConnection(UpstreamPool.this, endpoint, channel, decoder));
    }
  }
}
