package dev.loragateway.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches where pools find their endpoints in Kubernetes, in any number of clusters. Changes that
 * come together are told together. Thread-safe.
 */
public final class KubernetesDiscovery implements AutoCloseable {
  /** How long changes are gathered before they are told. */
  private static final Duration GATHER = Duration.ofMillis(20);

  private static final Duration CHECK = Duration.ofSeconds(1);

  private static final Logger log = LoggerFactory.getLogger(KubernetesDiscovery.class);

  private final Function<String, KubernetesClient> connect;
  private final DiscoverySink sink;
  private final DiscoveryListener listener;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("kubernetes").factory());
  private final Map<String, KubernetesClient> clients = new HashMap<>();
  private final Map<String, Watched> pools = new HashMap<>();

  /**
   * Watches nothing yet.
   *
   * @param connect makes the client of a kubeconfig context; the empty name is the cluster that the
   *     gateway runs in
   */
  public KubernetesDiscovery(
      Function<String, KubernetesClient> connect, DiscoverySink sink, DiscoveryListener listener) {
    this.connect = connect;
    this.sink = sink;
    this.listener = listener;
    thread.scheduleWithFixedDelay(
        this::check, CHECK.toMillis(), CHECK.toMillis(), TimeUnit.MILLISECONDS);
  }

  private synchronized void check() {
    for (Watched pool : pools.values()) {
      pool.start();
      pool.watches.forEach(SourceWatch::check);
    }
  }

  /** Watches these sources from now on; those that stay the same go on undisturbed. */
  public synchronized void configure(Map<String, List<KubernetesSource>> wanted) {
    for (String pool : List.copyOf(pools.keySet())) {
      Watched known = pools.get(pool);
      if (known != null && !known.sources.equals(wanted.get(pool))) {
        pools.remove(pool);
        known.close();
      }
    }
    wanted.forEach(
        (pool, sources) -> {
          if (!sources.isEmpty() && !pools.containsKey(pool)) {
            Watched watched = new Watched(pool, sources);
            pools.put(pool, watched);
            watched.start();
          }
        });
  }

  private synchronized KubernetesClient client(String context) {
    return clients.computeIfAbsent(context, connect);
  }

  private SourceWatch watch(String pool, KubernetesSource source, Runnable changed) {
    KubernetesClient client = client(source.context());
    return switch (source) {
      case KubernetesSource.Service service ->
          new ServiceWatch(pool, service, client, listener, changed);
      case KubernetesSource.InferencePool inference ->
          new PoolWatch(pool, inference, client, listener, changed);
    };
  }

  /** The sources of one pool. */
  private final class Watched {
    private final String pool;
    private final List<KubernetesSource> sources;
    private final List<SourceWatch> watches = new CopyOnWriteArrayList<>();
    private final List<KubernetesSource> missing;
    private String trouble = "";
    private final AtomicBoolean gathering = new AtomicBoolean();
    private volatile boolean closed;
    private @Nullable List<Discovered> told;

    Watched(String pool, List<KubernetesSource> sources) {
      this.pool = pool;
      this.sources = sources;
      this.missing = new ArrayList<>(sources);
    }

    /** Begins to watch the sources whose cluster can be told from the kubeconfig file. */
    void start() {
      missing.removeIf(this::isStarted);
    }

    private boolean isStarted(KubernetesSource source) {
      try {
        SourceWatch watch = watch(pool, source, this::changed);
        watches.add(watch);
        watch.start();
        return true;
      } catch (IllegalArgumentException | KubernetesClientException e) {
        String now = source + ": " + e.getMessage();
        if (!now.equals(trouble)) {
          log.error("pool {}: {}", pool, now);
        }
        trouble = now;
        return false;
      }
    }

    private void changed() {
      if (gathering.compareAndSet(false, true)) {
        try {
          thread.schedule(this::tell, GATHER.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
          log.debug("closed while a change came in");
        }
      }
    }

    private void tell() {
      gathering.set(false);
      List<Discovered> found = new ArrayList<>();
      boolean known = false;
      for (SourceWatch watch : watches) {
        List<Discovered> endpoints = watch.endpoints();
        if (endpoints != null) {
          known = true;
          found.addAll(endpoints);
        }
      }
      found.sort(Comparator.comparing(one -> !one.origin().local()));
      if (known && !closed && !found.equals(told)) {
        told = found;
        sink.discovered(pool, found);
      }
    }

    void close() {
      closed = true;
      watches.forEach(SourceWatch::close);
    }
  }

  @Override
  public synchronized void close() {
    pools.values().forEach(Watched::close);
    pools.clear();
    thread.shutdownNow();
    clients.values().forEach(KubernetesClient::close);
    clients.clear();
  }
}
