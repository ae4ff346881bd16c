package dev.loragateway.server;

import dev.loragateway.access.SharedLimits;
import dev.loragateway.adapters.AdapterStatuses;
import dev.loragateway.config.GatewayConfig;
import dev.loragateway.config.GatewayConfig.Pool;
import dev.loragateway.kubernetes.Discovered;
import dev.loragateway.kubernetes.KubernetesClients;
import dev.loragateway.kubernetes.KubernetesDiscovery;
import dev.loragateway.kubernetes.KubernetesSource;
import dev.loragateway.kubernetes.SecretFollower;
import dev.loragateway.model.Endpoint;
import dev.loragateway.proxy.Overload;
import dev.loragateway.proxy.ProxyContext;
import dev.loragateway.proxy.WarmupCalls;
import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.routing.AdapterDemand;
import dev.loragateway.routing.Admission;
import dev.loragateway.routing.EndpointPicker;
import dev.loragateway.routing.RecentPlacements;
import dev.loragateway.scrape.EndpointScraper;
import dev.loragateway.telemetry.GatewayMetrics;
import dev.loragateway.upstream.UpstreamPools;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running gateway: the one place where its parts are put together. Thread-safe; {@link #reload}
 * and {@link #close} are called by one thread at a time.
 */
public final class Gateway implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Gateway.class);
  private static final int BACKLOG = 1024;

  private static final Duration MEMORY_SAMPLES = Duration.ofMillis(100);

  /** For the errors that end what a drain did not wait for, and for the ends of connections. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(2);

  private final EventLoopGroup acceptor =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(NioIoHandler.newFactory());
  private final ExecutorService residency =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("residency").factory());
  private final GatewayMetrics metrics = new GatewayMetrics();
  private final ServerTls tls = new ServerTls();
  private final EndpointRegistry registry;
  private final Admission admission;
  private final EndpointScraper scraper;
  private final UpstreamPools upstreams;
  private final ProxyContext proxy;
  private final SharedLimits limits;
  private final SecretFollower secret;
  private final AdapterControl adapters;
  private final AccessLog accessLog;
  private final Membership membership = new Membership();
  private Set<Endpoint> scraped = Set.of();
  private @Nullable KubernetesDiscovery discovery;
  private volatile GatewayConfig config;
  private volatile boolean draining;
  private volatile boolean refused;
  private boolean stopped;
  private @Nullable Channel listener;
  private @Nullable AdminServer admin;

  private Gateway(GatewayConfig config) {
    this.config = config;
    registry = new EndpointRegistry(System::nanoTime, new RegistryLog(metrics), this::afterwards);
    accessLog = new AccessLog(AccessLogFile::open, metrics::lineDropped);
    upstreams = new UpstreamPools(() -> this.config.upstream());
    AdapterDemand demand = new AdapterDemand(System::nanoTime);
    adapters =
        new AdapterControl(
            registry, demand, this::waiting, () -> this.config, metrics, this::freed);
    EndpointPicker picker =
        new EndpointPicker(registry, demand, new RecentPlacements(), new Random());
    admission =
        new Admission(
            registry,
            picker,
            demand,
            new WarmupCalls(
                loops,
                upstreams,
                metrics,
                () -> this.config.proxy(),
                adapters::absent,
                adapters::asleep));
    scraper = new EndpointScraper(new RegistrySink(registry, admission), metrics, new Random());
    proxy =
        new ProxyContext(
            registry,
            admission,
            upstreams,
            new ScraperRefresh(scraper),
            new ExchangeListeners(metrics, accessLog),
            () -> this.config.proxy());
    metrics.observe(proxy);
    metrics.observe(this::accessSources);
    secret =
        new SecretFollower(
            KubernetesClients::connect, new KeysOfSecret(proxy.access()), metrics.discovery());
    limits = new SharedLimits(proxy.limiter(), metrics::limitsShared);
  }

  /**
   * Starts a gateway.
   *
   * @throws IOException when an address cannot be listened on; the message names it
   */
  public static Gateway start(GatewayConfig config) throws IOException {
    Gateway gateway = new Gateway(config);
    try {
      gateway.tls.use(config.tls());
      gateway.apply(config);
      gateway.admin =
          new AdminServer(
              config.admin().listen(),
              new AdminServer.Shown(
                  gateway.registry,
                  gateway.admission,
                  gateway.metrics,
                  gateway.adapters,
                  gateway::notReady,
                  () -> gateway.config.admin().token()));
      gateway.watchMemory();
      gateway.listener = gateway.listen(config.listen());
      return gateway;
    } catch (IOException e) {
      gateway.stop();
      throw e;
    }
  }

  private void watchMemory() {
    Overload overload = proxy.overload();
    acceptor.scheduleWithFixedDelay(
        overload::sample, 0, MEMORY_SAMPLES.toMillis(), TimeUnit.MILLISECONDS);
  }

  private Channel listen(InetSocketAddress address) throws IOException {
    ChannelFuture bound =
        new ServerBootstrap()
            .group(acceptor, loops)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(new GatewayChannelInitializer(proxy, tls))
            .bind(address)
            .awaitUninterruptibly();
    if (bound.isSuccess()) {
      return bound.channel();
    }
    throw bound.cause() instanceof BindException e
        ? busy("listen", address, e)
        : new IOException("listen: cannot listen on " + address, bound.cause());
  }

  static IOException busy(String key, InetSocketAddress address, BindException cause) {
    return new IOException(
        "%s: cannot listen on %s:%d: %s (stop what listens there, or set another address)"
            .formatted(key, address.getHostString(), address.getPort(), cause.getMessage()),
        cause);
  }

  /** Where clients connect. */
  InetSocketAddress address() {
    return (InetSocketAddress) Objects.requireNonNull(listener).localAddress();
  }

  /** Where operators connect. */
  InetSocketAddress adminAddress() {
    return Objects.requireNonNull(admin).address();
  }

  /** The port that clients connect to. */
  public int port() {
    return address().getPort();
  }

  /** The port that operators connect to. */
  public int adminPort() {
    return adminAddress().getPort();
  }

  /**
   * Puts another configuration in force: at once for new requests, while those under way go on as
   * they began. The addresses that the gateway listens on stay.
   */
  public void reload(GatewayConfig next) {
    try {
      tls.use(next.tls());
    } catch (IOException e) {
      log.error("{}: the certificate in force stays", e.getMessage());
    }
    config = next;
    refused = false;
    apply(next);
  }

  /** A configuration, or a file that belongs to it, is not valid: the last good one stays. */
  public void refuse() {
    refused = true;
  }

  /** Whether the newest content of each source of keys is in use; none where none are needed. */
  private Map<String, Boolean> accessSources() {
    Map<String, Boolean> sources = new LinkedHashMap<>();
    if (config.proxy().access().required()) {
      sources.put("files", !refused);
      sources.putAll(proxy.access().sources());
    }
    return sources;
  }

  private void freed() {
    admission.freed();
  }

  private Map<String, Integer> waiting(String pool) {
    return admission.depths(pool);
  }

  /** Takes in what requests taught, then lets in those for whom that made room. */
  private void afterwards(Runnable learning) {
    residency.execute(
        () -> {
          learning.run();
          admission.freed();
        });
  }

  private synchronized void apply(GatewayConfig next) {
    limits.use(next.redis());
    accessLog.use(next.accessLog());
    proxy.access().refresh();
    secret.follow(next.proxy().access().secret());
    membership.configure(next);
    place();
    adapters.apply(next);
    Map<String, List<KubernetesSource>> sources = membership.sources();
    if (discovery == null && !sources.isEmpty()) {
      discovery =
          new KubernetesDiscovery(
              KubernetesClients::connect,
              this::discovered,
              metrics.discovery(),
              () -> PodAdapters.held(registry.snapshot()));
    }
    if (discovery != null) {
      discovery.configure(sources, next.annotations());
    }
  }

  private synchronized void discovered(String pool, List<Discovered> found) {
    if (!stopped) {
      Map<Endpoint, List<String>> declared = membership.discovered(pool, found);
      if (declared != null) {
        registry.declared(declared);
      } else {
        place();
        log.info("pool {}: {} endpoints were found", pool, found.size());
      }
    }
  }

  /** Serves the endpoints that there are now, and scrapes them. */
  private void place() {
    registry.configure(membership.endpoints(), membership.awaited());
    registry.declared(membership.declared());
    admission.freed();
    Map<Endpoint, Pool> members = membership.members();
    scraped.stream().filter(endpoint -> !members.containsKey(endpoint)).forEach(scraper::stop);
    members.forEach((endpoint, pool) -> scraper.start(endpoint, pool.scrape()));
    scraped = Set.copyOf(members.keySet());
  }

  /** How the declared adapters fare. */
  AdapterStatuses adapters() {
    return adapters;
  }

  /** What the connections share, with its counts. */
  ProxyContext proxy() {
    return proxy;
  }

  /** Returns whether every pool was scraped, and every source of keys read. */
  public boolean ready() {
    return registry.snapshot().ready() && proxy.access().ready();
  }

  /** Why clients should not come yet, or no more; null when they may. */
  private @Nullable String notReady() {
    if (draining) {
      return "shutting down";
    }
    if (!registry.snapshot().ready()) {
      return "not ready: a pool was not scraped yet";
    }
    return ready() ? null : "not ready: the keys of access were not read yet";
  }

  /**
   * Stops in good order: first not ready but still accepting, so that balancers take notice, then
   * without a listener until the requests under way are over or the time is up.
   */
  public void drain() {
    draining = true;
    proxy.drain();
    log.info("draining: not ready, still accepting for {}", config.drain().delay());
    pause(config.drain().delay());
    if (listener != null) {
      listener.close().awaitUninterruptibly();
    }
    await(proxy::quiet, config.drain().timeout());
    int left = proxy.active();
    proxy.endAll();
    await(() -> proxy.quiet() && proxy.connections() == 0, LAST_WORDS);
    log.info("drained: {} requests were cut off", left);
    close();
  }

  private static void await(BooleanSupplier end, Duration atMost) {
    long deadline = System.nanoTime() + atMost.toNanos();
    while (!end.getAsBoolean() && deadline - System.nanoTime() > 0) {
      pause(Duration.ofMillis(20));
    }
  }

  private static void pause(Duration duration) {
    long until = System.nanoTime() + duration.toNanos();
    for (long left = duration.toNanos(); left > 0; left = until - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private synchronized @Nullable KubernetesDiscovery stopped() {
    stopped = true;
    return discovery;
  }

  /** Without the lock: what is being told at the moment waits for it. */
  private void stopDiscovery() {
    KubernetesDiscovery running = stopped();
    if (running != null) {
      running.close();
    }
  }

  /** Stops at once. */
  @Override
  public void close() {
    stop();
  }

  private void stop() {
    draining = true;
    stopDiscovery();
    secret.close();
    adapters.close();
    if (listener != null) {
      listener.close().awaitUninterruptibly();
    }
    scraper.close();
    limits.close();
    accessLog.close();
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
    acceptor.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
    proxy.access().close();
    upstreams.close();
    if (admin != null) {
      admin.close();
    }
    residency.close();
  }
}
