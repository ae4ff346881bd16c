package dev.loragateway.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches where pools find their endpoints in Kubernetes, in any number of clusters. Changes that
 * come together are told together. Thread-safe; what it keeps is confined to its own thread.
 */
public final class KubernetesDiscovery implements AutoCloseable {
  /** How long changes are gathered before they are told. */
  private static final Duration GATHER = Duration.ofMillis(20);

  private static final Duration CHECK = Duration.ofSeconds(1);
  private static final Duration CLOSE = Duration.ofSeconds(2);

  private static final Logger log = LoggerFactory.getLogger(KubernetesDiscovery.class);

  private final Function<String, KubernetesClient> connect;
  private final DiscoverySink sink;
  private final DiscoveryListener listener;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("kubernetes").factory());
  private final Map<String, KubernetesClient> clients = new HashMap<>();
  private final Map<String, Watched> pools = new HashMap<>();
  private final PodAnnotations annotations;

  /**
   * Watches nothing yet.
   *
   * @param connect makes the client of a kubeconfig context; the empty name is the cluster that the
   *     gateway runs in
   * @param held the adapters that pods hold, by their UIDs, those used last first; asked on a
   *     thread of its own
   */
  public KubernetesDiscovery(
      Function<String, KubernetesClient> connect,
      DiscoverySink sink,
      DiscoveryListener listener,
      Supplier<Map<String, List<String>>> held) {
    this.connect = connect;
    this.sink = sink;
    this.listener = listener;
    this.annotations = new PodAnnotations(this::client, listener, held, this::annotated);
    thread.scheduleWithFixedDelay(
        this::check, CHECK.toMillis(), CHECK.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Watches these sources from now on; those that stay are not disturbed. Does not wait. */
  public void configure(Map<String, List<KubernetesSource>> wanted, AnnotationSettings annotated) {
    Map<String, List<KubernetesSource>> copy = Map.copyOf(wanted);
    thread.execute(() -> want(copy, annotated));
  }

  private KubernetesClient client(String context) {
    return clients.computeIfAbsent(context, connect);
  }

  private void want(Map<String, List<KubernetesSource>> wanted, AnnotationSettings annotated) {
    annotations.configure(annotated, wanted.values());
    for (String pool : List.copyOf(pools.keySet())) {
      if (wanted.getOrDefault(pool, List.of()).isEmpty()) {
        Watched gone = pools.remove(pool);
        if (gone != null) {
          gone.want(List.of());
        }
      }
    }
    wanted.forEach(
        (pool, sources) -> {
          if (!sources.isEmpty()) {
            pools.computeIfAbsent(pool, Watched::new).want(sources);
          }
        });
    disconnect(wanted.values());
    check();
  }

  /** Closes the clients of clusters in which nothing is watched any more. */
  private void disconnect(Collection<List<KubernetesSource>> wanted) {
    Set<String> used = new HashSet<>();
    wanted.stream().flatMap(List::stream).forEach(source -> used.add(source.context()));
    if (annotations.writes()) {
      used.add("");
    }
    for (String context : List.copyOf(clients.keySet())) {
      KubernetesClient client = used.contains(context) ? null : clients.remove(context);
      if (client != null) {
        client.close();
      }
    }
  }

  private void check() {
    annotations.check();
    List<KnownPods> selected = new ArrayList<>();
    for (Watched pool : pools.values()) {
      pool.check();
      selected.addAll(pool.selected());
    }
    annotations.write(selected);
  }

  /** A pod declares others than before. */
  private void annotated(String uid) {
    try {
      thread.execute(
          () -> pools.values().stream().filter(pool -> pool.has(uid)).forEach(Watched::changed));
    } catch (RejectedExecutionException e) {
      log.debug("closed while a change came in");
    }
  }

  private void soon(Runnable run) {
    try {
      thread.schedule(run, GATHER.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("closed while a change came in");
    }
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

  /** The sources of one pool. Confined to the thread, but for {@link #changed}. */
  private final class Watched {
    private final String pool;
    private List<KubernetesSource> sources = List.of();
    private final Map<KubernetesSource, SourceWatch> watches = new HashMap<>();
    private final Map<KubernetesSource, String> troubles = new HashMap<>();
    private final AtomicBoolean gathering = new AtomicBoolean();
    private @Nullable List<Discovered> told;
    private Set<String> uids = Set.of();
    private boolean stale = true;

    Watched(String pool) {
      this.pool = pool;
    }

    void want(List<KubernetesSource> wanted) {
      sources = wanted;
      stale = true;
      List<KubernetesSource> known = new ArrayList<>(watches.keySet());
      known.addAll(troubles.keySet());
      for (KubernetesSource source : known) {
        if (!wanted.contains(source)) {
          stop(source);
        }
      }
    }

    private void stop(KubernetesSource source) {
      SourceWatch watch = watches.remove(source);
      if (watch != null) {
        watch.close();
      }
      troubles.remove(source);
      listener.stopped(pool, source.toString());
    }

    /** The pods that its sources select themselves. */
    List<KnownPods> selected() {
      return watches.values().stream()
          .filter(KnownPods.class::isInstance)
          .map(KnownPods.class::cast)
          .toList();
    }

    /** Whether the pod is behind one of its endpoints. */
    boolean has(String uid) {
      return uids.contains(uid);
    }

    /** Starts what could not be started yet, and looks how the watches fare. */
    void check() {
      for (KubernetesSource source : sources) {
        try {
          SourceWatch watch = watches.get(source);
          (watch == null ? started(source) : watch).check();
        } catch (RuntimeException e) {
          trouble(source, e.toString());
        }
      }
      if (stale) {
        tell();
      }
    }

    private SourceWatch started(KubernetesSource source) {
      SourceWatch watch = watch(pool, source, this::changed);
      watches.put(source, watch);
      troubles.remove(source);
      stale = true;
      return watch;
    }

    private void trouble(KubernetesSource source, String why) {
      listener.watching(pool, source.toString(), false);
      if (!why.equals(troubles.put(source, why))) {
        log.error("pool {}: {} cannot be watched: {}", pool, source, why);
      }
    }

    private void changed() {
      if (gathering.compareAndSet(false, true)) {
        soon(this::tell);
      }
    }

    private void tell() {
      gathering.set(false);
      try {
        List<Discovered> found = new ArrayList<>();
        boolean known = false;
        for (KubernetesSource source : sources) {
          SourceWatch watch = watches.get(source);
          List<Discovered> endpoints = watch == null ? null : watch.endpoints();
          if (endpoints != null) {
            known = true;
            found.addAll(annotations.declared(source, endpoints));
          }
        }
        found.sort(Comparator.comparing(one -> !one.origin().local()));
        if (known && !found.equals(told)) {
          stale = true;
          sink.discovered(pool, found);
          told = found;
          uids = found.stream().map(one -> one.origin().uid()).collect(Collectors.toSet());
        }
        stale = false;
      } catch (RuntimeException e) {
        log.error("pool {}: what was found could not be taken in", pool, e);
      }
    }
  }

  /** Watches nothing any more, and lets the lead go; waits for that, some seconds at most. */
  @Override
  public void close() {
    if (thread.isShutdown()) {
      return;
    }
    thread.execute(
        () -> {
          CompletableFuture<Void> released = annotations.close();
          pools.values().forEach(pool -> pool.want(List.of()));
          pools.clear();
          released.completeOnTimeout(null, CLOSE.toMillis(), TimeUnit.MILLISECONDS).join();
          clients.values().forEach(KubernetesClient::close);
        });
    thread.shutdown();
    try {
      if (!thread.awaitTermination(2 * CLOSE.toMillis(), TimeUnit.MILLISECONDS)) {
        log.debug("still closing");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
