package dev.loragateway.proxy;

import dev.loragateway.access.Access;
import dev.loragateway.access.RateLimiter;
import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.routing.Admission;
import dev.loragateway.upstream.UpstreamPools;
import io.netty.channel.EventLoop;
import java.time.InstantSource;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** What every connection shares. Thread-safe. */
public final class ProxyContext {
  final EndpointRegistry registry;
  final Admission admission;
  final UpstreamPools upstreams;
  final ModelRefresh refresh;
  final ExchangeListener listener;
  final Supplier<ProxySettings> settings;
  final BufferBudget buffers = new BufferBudget();
  final ResponseHomes responses = new ResponseHomes();
  final UnknownModels unknown = new UnknownModels();
  final RetryBudget retries = new RetryBudget();
  final RateLimiter limiter = new RateLimiter(System::nanoTime);
  final Access access;
  final AtomicInteger connections = new AtomicInteger();
  final AtomicInteger active = new AtomicInteger();

  /** HTTP/2 connections on which clients may begin requests. */
  final AtomicInteger beginning = new AtomicInteger();

  final Overload overload;
  private final ConcurrentHashMap<EventLoop, ConnectionSweep> sweeps = new ConcurrentHashMap<>();
  private volatile boolean draining;

  /** Puts together what the path of a request needs; settings are read anew for each request. */
  public ProxyContext(
      EndpointRegistry registry,
      Admission admission,
      UpstreamPools upstreams,
      ModelRefresh refresh,
      ExchangeListener listener,
      Supplier<ProxySettings> settings) {
    this.registry = registry;
    this.admission = admission;
    this.upstreams = upstreams;
    this.refresh = refresh;
    this.listener = listener;
    this.settings = settings;
    this.overload = new Overload(settings, active, buffers);
    this.access = new Access(() -> settings.get().access(), InstantSource.system());
  }

  /** Who sent a request. */
  public Access access() {
    return access;
  }

  /** What holds callers to their limits. */
  public RateLimiter limiter() {
    return limiter;
  }

  /** Requests whose answers have not left the gateway to the end. */
  public int active() {
    return active.get();
  }

  /**
   * Returns whether no request is under way, and no client of HTTP/2 may think that it can begin
   * one; in this order, since what has begun before counts as active.
   */
  public boolean quiet() {
    return beginning.get() == 0 && active.get() == 0;
  }

  /** Open client connections. */
  public int connections() {
    return connections.get();
  }

  /** Bytes of request bodies held. */
  public long buffered() {
    return buffers.held();
  }

  /** How near the gateway is to its limits. */
  public Overload overload() {
    return overload;
  }

  /** Retries under way that the budget counts. */
  public int retrying() {
    return retries.taken();
  }

  /** From now on answers close their connections, so that clients go elsewhere. */
  public void drain() {
    draining = true;
  }

  /** Ends the requests under way: with an error, in a stream with an error event. */
  public void endAll() {
    sweeps.values().forEach(ConnectionSweep::endAll);
  }

  /** The sweep of an event loop; use it on that loop only. */
  ConnectionSweep sweep(EventLoop loop) {
    return sweeps.computeIfAbsent(loop, ConnectionSweep::new);
  }

  boolean draining() {
    return draining;
  }
}
