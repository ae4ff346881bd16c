package dev.loragateway.bench.discovery;

import dev.loragateway.kubernetes.AnnotationSettings;
import dev.loragateway.kubernetes.Discovered;
import dev.loragateway.kubernetes.DiscoveryListener;
import dev.loragateway.kubernetes.KubernetesDiscovery;
import dev.loragateway.kubernetes.KubernetesSource;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The gateway's discovery, with a pool for each Service, and a note of when it told what.
 * Thread-safe.
 */
final class Watching implements AutoCloseable {
  private static final int SYNC_SECONDS = 120;
  private static final int LEAD_SECONDS = 60;
  private static final int CHANGE_SECONDS = 10;

  private final Sizes sizes;
  private final KubernetesDiscovery discovery;
  private final Map<String, List<Discovered>> told = new ConcurrentHashMap<>();
  private final Set<String> full = ConcurrentHashMap.newKeySet();
  private final Set<String> watched = ConcurrentHashMap.newKeySet();
  private final CompletableFuture<Long> allTold = new CompletableFuture<>();
  private final CompletableFuture<Long> allWatched = new CompletableFuture<>();
  private final CompletableFuture<Long> leading = new CompletableFuture<>();
  private final AtomicInteger patches = new AtomicInteger();
  private final AtomicInteger failedPatches = new AtomicInteger();
  private volatile Map<String, List<String>> held = Map.of();
  private volatile @Nullable Expected expected;

  /** What is waited for: that an endpoint of a pool is there, or is not. */
  private record Expected(String pool, String host, boolean there, CompletableFuture<Long> toldAt) {
    boolean isMet(List<Discovered> endpoints) {
      return endpoints.stream().anyMatch(one -> one.host().equals(host)) == there;
    }
  }

  /** Watches nothing yet. */
  Watching(Supplier<KubernetesClient> connect, Sizes sizes) {
    this.sizes = sizes;
    this.discovery =
        new KubernetesDiscovery(context -> connect.get(), this::told, new Listener(), () -> held);
  }

  /** Begins to watch, and waits until all is told and watched. */
  Sync sync() throws InterruptedException {
    Cpu cpu = Cpu.now();
    long began = System.nanoTime();
    configure(false);
    long toldAt = at(allTold, SYNC_SECONDS, "all endpoints");
    double cpuMs = Cpu.now().msSince(cpu);
    long watchedAt = at(allWatched, SYNC_SECONDS, "that everything is watched");
    return new Sync((toldAt - began) / 1e6, (watchedAt - began) / 1e6, cpuMs);
  }

  /** Competes for the Lease, and waits until pods would be annotated. */
  void write() throws InterruptedException {
    configure(true);
    at(leading, LEAD_SECONDS, "the Lease");
  }

  private void configure(boolean write) {
    Map<String, List<KubernetesSource>> pools = new HashMap<>();
    for (int service = 0; service < sizes.services(); service++) {
      String name = Cluster.service(service);
      pools.put(
          name, List.of(new KubernetesSource.Service("", Cluster.NAMESPACE, name, Cluster.PORT)));
    }
    discovery.configure(
        pools, new AnnotationSettings(true, write, Cluster.NAMESPACE, Cluster.LEASE));
  }

  /** The adapters that pods hold from now on, by their UIDs. */
  void hold(Map<String, List<String>> adapters) {
    held = Map.copyOf(adapters);
  }

  /** Every pod holds from now on what it is annotated with, as far as that was told. */
  void holdWhatIsAnnotated() {
    Map<String, List<String>> annotated = new HashMap<>();
    told.values().stream()
        .flatMap(List::stream)
        .forEach(one -> annotated.put(one.origin().uid(), one.adapters()));
    hold(annotated);
  }

  int patches() {
    return patches.get();
  }

  int failedPatches() {
    return failedPatches.get();
  }

  /**
   * Makes a change, and waits until it is told.
   *
   * @param pool that it concerns
   * @param host of the endpoint that comes or leaves
   * @param there whether it comes
   */
  Delay after(String pool, String host, boolean there, Runnable change)
      throws InterruptedException {
    CompletableFuture<Long> toldAt = new CompletableFuture<>();
    expected = new Expected(pool, host, there, toldAt);
    long sent = System.nanoTime();
    change.run();
    long acknowledged = System.nanoTime();
    long at = at(toldAt, CHANGE_SECONDS, host + (there ? " in " : " out of ") + pool);
    expected = null;
    return new Delay((acknowledged - sent) / 1e6, (at - acknowledged) / 1e6);
  }

  private static long at(CompletableFuture<Long> event, int seconds, String what)
      throws InterruptedException {
    try {
      return event.get(seconds, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new IllegalStateException("not told within " + seconds + " s: " + what, e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  private void told(String pool, List<Discovered> endpoints) {
    long now = System.nanoTime();
    told.put(pool, endpoints);
    Expected waited = expected;
    if (waited != null && waited.pool().equals(pool) && waited.isMet(endpoints)) {
      waited.toldAt().complete(now);
    }
    if (endpoints.size() >= sizes.endpoints()
        && full.add(pool)
        && full.size() == sizes.services()) {
      allTold.complete(now);
    }
  }

  @Override
  public void close() {
    boolean interrupted = Thread.interrupted();
    discovery.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private final class Listener implements DiscoveryListener {
    /** The Services, and the pods of their namespace. */
    @Override
    public void watching(String pool, String source, boolean works) {
      if (works && watched.add(source) && watched.size() == sizes.services() + 1) {
        allWatched.complete(System.nanoTime());
      }
    }

    @Override
    public void leads(boolean leads) {
      if (leads) {
        leading.complete(System.nanoTime());
      }
    }

    @Override
    public void annotated(boolean done) {
      (done ? patches : failedPatches).incrementAndGet();
    }
  }
}
