package dev.loragateway.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches objects of one cluster. What is known stays in use while the API server is away: an
 * informer keeps its store, lists anew when a watch cannot be resumed, and never gives up. Confined
 * to the thread of discovery, but for what informers tell.
 */
abstract class Watch implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Watch.class);

  private static final int NOT_FOUND = 404;

  final KubernetesClient client;
  private final String pool;
  private final String source;
  private final String subject;
  private final String namespace;
  private final DiscoveryListener listener;
  private final Runnable changed;
  private final List<SharedIndexInformer<?>> informers = new ArrayList<>();
  private volatile @Nullable String failure;
  private volatile boolean kindMissing;
  private @Nullable String problem;
  private boolean works;
  private volatile boolean closed;

  /**
   * Begins to watch, without waiting for anything.
   *
   * @param pool whose endpoints it is about; empty when that is several pools
   * @param source what is watched, in words
   * @param namespace where; empty for that of the client's account or context
   * @param changed called, on any thread, when what is known may have changed
   */
  Watch(
      String pool,
      String source,
      String namespace,
      KubernetesClient client,
      DiscoveryListener listener,
      Runnable changed) {
    this.client = client;
    this.pool = pool;
    this.source = source;
    this.subject = pool.isEmpty() ? source : "pool " + pool + ": " + source;
    this.namespace = namespace;
    this.listener = listener;
    this.changed = changed;
  }

  final String namespace() {
    return KubernetesClients.namespace(client, namespace);
  }

  /**
   * Starts an informer whose events and failures are this watch's.
   *
   * @param resource what it watches, as Roles name it
   */
  final <T> SharedIndexInformer<T> started(String resource, SharedIndexInformer<T> informer) {
    return started(resource, informer, (before, now) -> changed.run());
  }

  /**
   * The same, for an informer not all of whose events matter.
   *
   * @param became is told what each object was and what it is now; null where it is not there
   */
  final <T> SharedIndexInformer<T> started(
      String resource,
      SharedIndexInformer<T> informer,
      BiConsumer<@Nullable T, @Nullable T> became) {
    informer.addEventHandler(new Events<>(became));
    informer.exceptionHandler(
        (begun, failed) -> {
          failed(Failure.ofWatching(resource, failed));
          return true;
        });
    informers.add(informer);
    var _ = informer.start().thenRun(changed);
    return informer;
  }

  final void stop(SharedIndexInformer<?> informer) {
    informers.remove(informer);
    informer.stop();
  }

  private void failed(Failure why) {
    if (closed) {
      return;
    }
    listener.failed(pool, source, why.code());
    if (!why.reason().equals(failure)) {
      log.warn("{}: {} (what is known stays in use)", subject, why.reason());
    }
    failure = why.reason();
    kindMissing = why.code() == NOT_FOUND;
  }

  /** Whether the server did not know the kind when it was asked last: its CRD is not installed. */
  final boolean isKindMissing() {
    return kindMissing;
  }

  /** Looks whether everything is watched; called from time to time. */
  final void check() {
    boolean now =
        !informers.isEmpty() && informers.stream().allMatch(SharedIndexInformer::isWatching);
    if (now && !works) {
      failure = null;
      kindMissing = false;
      log.info("{} is watched", subject);
    } else if (works && !now) {
      log.warn("{} is not watched now (what is known stays in use)", subject);
    }
    works = now;
    listener.watching(pool, source, now);
  }

  /** Whether everything was watched when it was looked at last. */
  final boolean works() {
    return works;
  }

  /** Says what is wrong with what was found, once until that changes; null when nothing is. */
  final void report(@Nullable String wrong) {
    if (wrong != null && !wrong.equals(problem)) {
      log.warn("{}: {}", subject, wrong);
    }
    problem = wrong;
  }

  private record Events<T>(BiConsumer<@Nullable T, @Nullable T> became)
      implements ResourceEventHandler<T> {
    @Override
    public void onAdd(T added) {
      became.accept(null, added);
    }

    @Override
    public void onUpdate(T before, T now) {
      became.accept(before, now);
    }

    @Override
    public void onDelete(T deleted, boolean unsure) {
      became.accept(deleted, null);
    }
  }

  @Override
  public void close() {
    closed = true;
    informers.forEach(SharedIndexInformer::stop);
    informers.clear();
  }
}
