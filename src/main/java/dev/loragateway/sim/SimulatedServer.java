package dev.loragateway.sim;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A simulated model server. It speaks vLLM's API, keeps adapters in GPU and CPU slots as vLLM does,
 * takes the time that a GPU would take, and can be made to fail. One event loop serves all
 * connections, as vLLM's API server does; one more thread is the engine. Thread-safe.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Of channels that are being closed, and timers.
public final class SimulatedServer implements AutoCloseable {
  private static final int LOGGED_REQUESTS = 20_000;
  private static final long LOGGED_BYTES = 64 << 20;
  private static final int MAX_BODY = 512 << 20;

  private final RecentLog<ReceivedRequest> log =
      new RecentLog<>(LOGGED_REQUESTS, LOGGED_BYTES, ReceivedRequest::keptBytes);
  private final EventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("sim-http", true), NioIoHandler.newFactory());
  private final ChannelGroup connections = new DefaultChannelGroup(loop.next());
  private final SimSettings settings;
  private final SimFaults faults;
  private final SimTrace trace;
  private final SimWorker worker;
  private final SimEngine engine;
  private final SimSleep sleep;
  private final SimModels models;
  private final SimRouter router;
  private @Nullable Channel listener;
  private InetSocketAddress bound;
  private boolean closed;

  private SimulatedServer(SimSettings settings, @Nullable SimPacer given) {
    InstantSource clock = InstantSource.system();
    SimFaults broken = new SimFaults(new FaultActions());
    SimTrace changes = new SimTrace(settings.trace());
    SimMetrics metrics = new SimMetrics(settings, clock);
    SimPacer pacer =
        given != null
            ? given
            : new RealTimePacer(() -> settings.timeScale() * broken.engineFactor());
    this.settings = settings;
    faults = broken;
    trace = changes;
    worker =
        new SimWorker(
            settings,
            pacer,
            clock,
            event -> {
              changes.add(event);
              metrics.swapped(event);
            });
    engine = new SimEngine(settings, pacer, worker, metrics);
    models = new SimModels(settings, engine);
    SimInference inference = new SimInference(settings, models, engine, clock);
    SimControl control =
        new SimControl(settings, models, () -> page(metrics), broken, worker, clock);
    sleep = new SimSleep(engine);
    SimSleep offered = settings.sleepMode() ? sleep : null;
    router = new SimRouter(broken, metrics, inference, control, offered, log);
    bound = new InetSocketAddress(settings.host(), settings.port());
  }

  /**
   * Starts a server and returns when it listens and the adapters given at start are loaded.
   *
   * @throws UncheckedIOException if it cannot listen; the message names the address
   */
  public static SimulatedServer start(SimSettings settings) {
    return start(settings, null);
  }

  static SimulatedServer start(SimSettings settings, @Nullable SimPacer pacer) {
    SimulatedServer server = new SimulatedServer(settings, pacer);
    try {
      server.engine.start();
      server.models.loadAtStart().join();
      server.listen();
      return server;
    } catch (RuntimeException e) {
      server.close();
      throw e;
    }
  }

  public synchronized int port() {
    return bound.getPort();
  }

  /** Host and port, such as {@code 127.0.0.1:8000}. */
  public String address() {
    return settings.host() + ":" + port();
  }

  /** What can be broken here, now. */
  public SimFaults faults() {
    return faults;
  }

  /**
   * The latest 20,000 requests, oldest first, fewer where their bodies exceed 64 MiB; without those
   * to {@code /sim}.
   */
  public List<SimRequest> requests() {
    return log.list(ReceivedRequest::snapshot);
  }

  private String page(SimMetrics metrics) {
    return metrics.page(worker.slots(), sleep.level());
  }

  /** Whether the engine sleeps. */
  public boolean asleep() {
    return sleep.level() != SimSleep.AWAKE;
  }

  /** Names of the adapters in GPU slots, least recently used first. */
  public List<String> gpu() {
    return worker.slots().gpu();
  }

  /** Names of the adapters in CPU slots, least recently used first. */
  public List<String> cpu() {
    return worker.slots().cpu();
  }

  /** The latest 100,000 changes of the slots, oldest first. */
  public List<SimTraceEvent> trace() {
    return trace.list();
  }

  /** Stops listening, closes all connections and ends the server's threads. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      unlisten();
    }
    connections.close().awaitUninterruptibly();
    engine.close();
    loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    trace.close();
  }

  private synchronized void listen() {
    if (closed || listener != null) {
      return;
    }
    var future =
        new ServerBootstrap()
            .group(loop)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 1024)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(new Connection())
            .bind(bound)
            .awaitUninterruptibly();
    if (!future.isSuccess()) {
      throw cannotListen(future.cause());
    }
    listener = future.channel();
    bound = (InetSocketAddress) future.channel().localAddress();
  }

  private UncheckedIOException cannotListen(Throwable cause) {
    String reason = cause instanceof BindException ? "the port is in use or not ours" : "" + cause;
    IOException failure = new IOException("cannot listen on " + address() + ": " + reason, cause);
    return new UncheckedIOException(failure.getMessage(), failure);
  }

  private synchronized void unlisten() {
    Channel channel = listener;
    if (channel != null) {
      channel.close().awaitUninterruptibly();
      listener = null;
      for (int probes = 0; probes < 1_000 && accepts(); probes++) {
        Thread.onSpinWait();
      }
    }
  }

  /** Whether the port still takes connections: a closed one does until the next select. */
  private boolean accepts() {
    try (Socket probe = new Socket(bound.getAddress(), bound.getPort())) {
      return probe.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /** Does something with every connection, on their event loop, and waits until it is done. */
  private void forEachConnection(BiConsumer<Channel, SimHttpHandler> action) {
    loop.submit(
            () -> {
              for (Channel channel : connections) {
                SimHttpHandler handler = channel.pipeline().get(SimHttpHandler.class);
                if (handler != null) {
                  action.accept(channel, handler);
                }
              }
            })
        .awaitUninterruptibly();
  }

  /** Sets up one connection. */
  private final class Connection extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel channel) {
      connections.add(channel);
      KeepAliveTimer timer = new KeepAliveTimer(settings.idleClose());
      channel
          .pipeline()
          .addLast(timer)
          .addLast(new HttpServerCodec(new HttpDecoderConfig().setMaxHeaderSize(64 << 10)))
          .addLast(new HttpObjectAggregator(MAX_BODY))
          .addLast(new SimHttpHandler(router, timer));
    }
  }

  /** Waits for its effects, so it is called by any thread but the event loop. */
  private final class FaultActions implements SimFaults.Actions {
    @Override
    public void refuse(boolean on, long millis) {
      router.drain(on);
      if (!on) {
        listen();
        return;
      }
      unlisten();
      forEachConnection(
          (channel, handler) -> {
            if (handler.idle()) {
              channel.close();
            }
          });
      if (millis > 0) {
        Runnable end = () -> Thread.startVirtualThread(() -> faults.off(SimFault.REFUSE));
        loop.schedule(end, millis, TimeUnit.MILLISECONDS);
      }
    }

    @Override
    public void stall(boolean on) {
      engine.stall(on);
    }

    @Override
    public void loseAdapter(String name) {
      models.lose(name);
    }

    @Override
    public void restart() {
      unlisten();
      resetConnections();
      models.clear();
      engine.reset().join();
      sleep.restarted();
      models.loadAtStart().join();
      if (!router.draining()) {
        listen();
      }
    }

    @Override
    public void resetConnections() {
      forEachConnection(
          (channel, handler) -> {
            if (!handler.inSim()) {
              SimExchange.reset(channel);
            }
          });
    }
  }
}
