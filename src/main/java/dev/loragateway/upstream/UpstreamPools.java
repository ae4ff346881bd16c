package dev.loragateway.upstream;

import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import java.net.InetSocketAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** One {@link UpstreamPool} for each event loop, and what they share. Thread-safe. */
public final class UpstreamPools implements AutoCloseable {
  private final Supplier<UpstreamSettings> settings;
  private final ConcurrentHashMap<EventLoop, UpstreamPool> pools = new ConcurrentHashMap<>();
  private final AddressResolverGroup<InetSocketAddress> resolver =
      new DnsAddressResolverGroup(
          new DnsNameResolverBuilder().datagramChannelType(NioDatagramChannel.class));

  /** Makes pools that read the present settings at each use. */
  public UpstreamPools(Supplier<UpstreamSettings> settings) {
    this.settings = settings;
  }

  /** The pool of an event loop; use it on that loop only. */
  public UpstreamPool on(EventLoop loop) {
    return pools.computeIfAbsent(loop, owner -> new UpstreamPool(owner, this));
  }

  UpstreamSettings settings() {
    return settings.get();
  }

  AddressResolverGroup<InetSocketAddress> resolver() {
    return resolver;
  }

  @Override
  public void close() {
    resolver.close();
  }
}
