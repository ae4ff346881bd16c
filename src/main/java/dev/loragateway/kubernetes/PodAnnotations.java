package dev.loragateway.kubernetes;

import dev.loragateway.kubernetes.PodWatch.Place;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What pods declare, read and written as the settings say. Confined to the thread of discovery. */
final class PodAnnotations {
  private static final Logger log = LoggerFactory.getLogger(PodAnnotations.class);

  private final Function<String, KubernetesClient> clients;
  private final DiscoveryListener listener;
  private final Consumer<String> changed;
  private final Map<Place, PodWatch> watches = new HashMap<>();
  private AnnotationSettings settings = AnnotationSettings.DEFAULTS;
  private Set<Place> places = Set.of();
  private boolean writes;
  private final AnnotationWriter writer;
  private volatile @Nullable Leadership leadership;
  private @Nullable ScheduledExecutorService looks;

  /**
   * Neither reads nor writes yet.
   *
   * @param changed is told, on any thread, the UIDs of pods that declare others than before
   */
  PodAnnotations(
      Function<String, KubernetesClient> clients,
      DiscoveryListener listener,
      Supplier<Map<String, List<String>>> held,
      Consumer<String> changed) {
    this.clients = clients;
    this.listener = listener;
    this.changed = changed;
    this.writer = new AnnotationWriter(this::leads, held, listener, System::nanoTime);
  }

  /** Takes settings, and the sources of all pools. */
  void configure(AnnotationSettings next, Collection<List<KubernetesSource>> sources) {
    boolean write = next.write() && sources.stream().anyMatch(list -> !list.isEmpty());
    if (!write || !next.equals(settings)) {
      var _ = abdicate();
    }
    settings = next;
    writes = write;
    Set<Place> wanted = new LinkedHashSet<>();
    if (next.read() || next.write()) {
      sources.stream()
          .flatMap(List::stream)
          .filter(KubernetesSource.Service.class::isInstance)
          .forEach(source -> wanted.add(Place.of(source)));
    }
    places = wanted;
    for (Place place : List.copyOf(watches.keySet())) {
      if (!wanted.contains(place)) {
        stop(place);
      }
    }
  }

  private void stop(Place place) {
    PodWatch watch = watches.remove(place);
    if (watch != null) {
      watch.close();
      listener.stopped("", place.toString());
    }
  }

  /** Starts what could not be started yet, and looks how it fares. */
  void check() {
    for (Place place : places) {
      try {
        watches
            .computeIfAbsent(
                place, p -> new PodWatch(p, clients.apply(p.context()), listener, changed))
            .check();
      } catch (RuntimeException e) {
        log.debug("{} cannot be watched, as the source itself will say", place, e);
      }
    }
  }

  /** What was found, with what its pods declare; where they declare nothing, slices may. */
  List<Discovered> declared(KubernetesSource source, List<Discovered> found) {
    if (!settings.read()) {
      return found.stream().map(one -> one.declaring(List.of())).toList();
    }
    PodWatch pods = watches.get(Place.of(source));
    if (pods == null) {
      return found;
    }
    List<Discovered> declaring = new ArrayList<>();
    for (Discovered one : found) {
      List<String> ofPod = pods.declared(one.origin().uid());
      declaring.add(ofPod.isEmpty() ? one : one.declaring(ofPod));
    }
    return declaring;
  }

  /** Whether pods are annotated, which needs a client of the own cluster. */
  boolean writes() {
    return writes;
  }

  /** Writes, where that is wanted, to the pods of Services and to these. */
  void write(List<KnownPods> selected) {
    if (!writes) {
      return;
    }
    try {
      if (leadership == null) {
        leadership = compete();
      }
      List<KnownPods> all = new ArrayList<>(watches.values());
      all.addAll(selected);
      writer.watch(all);
      if (looks == null) {
        looks = looking();
      }
    } catch (RuntimeException e) {
      log.debug("pods cannot be annotated, since their cluster is not known", e);
    }
  }

  private Leadership compete() {
    KubernetesClient client = clients.apply("");
    String namespace = KubernetesClients.namespace(client, settings.leaseNamespace());
    return new Leadership(
        client, namespace, settings.leaseName(), "annotates pods", listener::leads, listener);
  }

  private boolean leads() {
    Leadership now = leadership;
    return now != null && now.leads();
  }

  /** The result is there when the Lease was let go, or could not be. */
  private CompletableFuture<Void> abdicate() {
    Leadership now = leadership;
    leadership = null;
    return now == null ? CompletableFuture.completedFuture(null) : now.close();
  }

  private ScheduledExecutorService looking() {
    ScheduledExecutorService thread =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("annotations").factory());
    later(thread, AnnotationWriter.LOOK.toNanos());
    return thread;
  }

  private void later(ScheduledExecutorService thread, long pause) {
    try {
      thread.schedule(() -> later(thread, writer.look()), pause, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("pods are not annotated any more");
    }
  }

  /** Stops everything; the result is there when the Lease was let go, or could not be. */
  CompletableFuture<Void> close() {
    if (looks != null) {
      looks.shutdown();
    }
    CompletableFuture<Void> released = abdicate();
    List.copyOf(watches.keySet()).forEach(this::stop);
    places = Set.of();
    return released;
  }
}
