package dev.loragateway.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches one source. What is known stays in use while the API server is away: an informer keeps
 * its store, lists anew when a watch cannot be resumed, and never gives up. Confined to the thread
 * of discovery, but for what informers tell.
 */
abstract class SourceWatch implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SourceWatch.class);

  final KubernetesClient client;
  private final KubernetesSource source;
  private final String pool;
  private final DiscoveryListener listener;
  private final Runnable changed;
  private final List<SharedIndexInformer<?>> informers = new ArrayList<>();
  private volatile @Nullable String failure;
  private @Nullable String problem;
  private boolean works;

  /**
   * Begins to watch, without waiting for anything.
   *
   * @param changed called, on any thread, when {@link #endpoints} may have become other ones
   */
  SourceWatch(
      String pool,
      KubernetesSource source,
      KubernetesClient client,
      DiscoveryListener listener,
      Runnable changed) {
    this.client = client;
    this.pool = pool;
    this.source = source;
    this.listener = listener;
    this.changed = changed;
  }

  /** The namespace of the source; where none is named, that of the client's account or context. */
  final String namespace() {
    String own = client.getNamespace() == null ? "default" : client.getNamespace();
    return source.namespace().isEmpty() ? own : source.namespace();
  }

  /** The endpoints now; null until all were told once. */
  abstract @Nullable List<Discovered> endpoints();

  /** Starts an informer whose events and failures are this watch's. */
  final <T> SharedIndexInformer<T> started(SharedIndexInformer<T> informer) {
    informer.addEventHandler(new Events<>());
    informer.exceptionHandler(
        (begun, failed) -> {
          failed(failed);
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

  private void failed(Throwable failed) {
    KubernetesClientException answer = answer(failed);
    listener.failed(pool, source, answer == null ? 0 : answer.getCode());
    String reason = answer == null ? reason(failed) : answer.getCode() + " " + words(answer);
    if (!reason.equals(failure)) {
      log.warn("pool {}: {}: {} (what is known stays in use)", pool, source, reason);
    }
    failure = reason;
  }

  /** Looks whether everything is watched; called from time to time. */
  final void check() {
    boolean now =
        !informers.isEmpty() && informers.stream().allMatch(SharedIndexInformer::isWatching);
    if (now && !works) {
      failure = null;
      log.info("pool {}: {} is watched", pool, source);
    } else if (works && !now) {
      log.warn("pool {}: {} is not watched now (what is known stays in use)", pool, source);
    }
    works = now;
    listener.watching(pool, source, now);
  }

  /** Says what is wrong with what was found, once until that changes; null when nothing is. */
  final void report(@Nullable String wrong) {
    if (wrong != null && !wrong.equals(problem)) {
      log.warn("pool {}: {}: {}", pool, source, wrong);
    }
    problem = wrong;
  }

  /** What the API server answered; null when it did not. */
  private static @Nullable KubernetesClientException answer(Throwable failed) {
    for (Throwable at = failed; at != null; at = at.getCause()) {
      if (at instanceof KubernetesClientException e && e.getCode() > 0) {
        return e;
      }
    }
    return null;
  }

  /** The API server's own words name the verb and the resource that an account may not use. */
  private static String words(KubernetesClientException answer) {
    boolean told = answer.getStatus() != null && answer.getStatus().getMessage() != null;
    return told ? answer.getStatus().getMessage() : String.valueOf(answer.getMessage());
  }

  private static String reason(Throwable failed) {
    Throwable root = failed;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
  }

  private final class Events<T> implements ResourceEventHandler<T> {
    @Override
    public void onAdd(T added) {
      changed.run();
    }

    @Override
    public void onUpdate(T before, T now) {
      changed.run();
    }

    @Override
    public void onDelete(T deleted, boolean unsure) {
      changed.run();
    }
  }

  @Override
  public void close() {
    informers.forEach(SharedIndexInformer::stop);
    informers.clear();
  }
}
