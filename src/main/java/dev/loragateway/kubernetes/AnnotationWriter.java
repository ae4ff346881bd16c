package dev.loragateway.kubernetes;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Annotates pods with the adapters that they hold, as long as this gateway leads: a pod at most
 * once in 30 s, and only when the adapters are others than those annotated. Confined to one thread,
 * but for {@link #watch}.
 */
final class AnnotationWriter {
  private static final ThreadMXBean CPU = ManagementFactory.getThreadMXBean();

  /** The share of a core that looking may take. */
  private static final double SHARE = 0.003;

  /** Between two looks at what pods hold, at least. */
  static final Duration LOOK = Duration.ofMillis(200);

  /** Between two changes of one pod's annotation, whoever made them. */
  private static final long PAUSE = TimeUnit.SECONDS.toNanos(30);

  /** Between two patches on average: 20 a second are the most. */
  private static final long EACH = TimeUnit.MILLISECONDS.toNanos(50);

  /** Patches after one look, even if the one before was long ago. */
  private static final int AT_ONCE = 100;

  /** Looks for which a change may be waited for to come to rest. */
  private static final int PATIENCE = 3;

  /** No pod of a namespace is written for this long after a failure; after a refusal for longer. */
  private static final long TROUBLE = TimeUnit.SECONDS.toNanos(5);

  private static final PatchContext MERGE =
      new PatchContext.Builder()
          .withPatchType(PatchType.JSON_MERGE)
          .withFieldManager("lora-gateway")
          .build();

  private static final Logger log = LoggerFactory.getLogger(AnnotationWriter.class);

  /** What is remembered of a pod. */
  private static final class Seen {
    private @Nullable String annotation;
    private Set<String> declared;
    private boolean changed;
    private long changedAt;
    private @Nullable Set<String> pending;
    private int looks;
    private long due;

    Seen(@Nullable String annotation) {
      this.annotation = annotation;
      this.declared = Set.copyOf(Declared.adapters(annotation));
    }

    void annotated(@Nullable String now, long at) {
      annotation = now;
      declared = Set.copyOf(Declared.adapters(now));
      changed = true;
      changedAt = at;
      isRight();
    }

    boolean declares(List<String> adapters) {
      return adapters.size() == declared.size() && declared.containsAll(adapters);
    }

    /** Nothing has to be written. */
    void isRight() {
      pending = null;
      looks = 0;
    }

    /**
     * Whether the pod holds these, which are not annotated, since the last look at least, or
     * nothing stays that long there; and was not written just now.
     */
    boolean isDue(Set<String> held, long now) {
      due = pending == null ? now : due;
      boolean rests = held.equals(pending) || looks >= PATIENCE;
      pending = held;
      looks++;
      return rests && (!changed || now - changedAt >= PAUSE);
    }
  }

  /** Where pods are written by one account. */
  private record Place(KubernetesClient client, String namespace) {}

  /** A pod that is to be written. */
  private record Due(Place place, ObjectMeta pod, Seen seen, @Nullable String annotation) {}

  private final BooleanSupplier leads;
  private final Supplier<Map<String, List<String>>> held;
  private final DiscoveryListener listener;
  private final LongSupplier clock;
  private final Map<String, Seen> pods = new HashMap<>();
  private volatile List<KnownPods> watched = List.of();
  private long lookedAt;
  private final Map<Place, Long> quiet = new HashMap<>();
  private final Map<Place, String> failures = new HashMap<>();

  /**
   * Has written nothing yet.
   *
   * @param leads whether this gateway is the one to write
   * @param held the adapters that pods hold, by their UIDs, those used last first
   * @param clock nanoseconds, as {@link System#nanoTime}
   */
  AnnotationWriter(
      BooleanSupplier leads,
      Supplier<Map<String, List<String>>> held,
      DiscoveryListener listener,
      LongSupplier clock) {
    this.leads = leads;
    this.held = held;
    this.listener = listener;
    this.clock = clock;
    this.lookedAt = clock.getAsLong();
  }

  /** These are the pods now. */
  void watch(List<KnownPods> known) {
    watched = List.copyOf(known);
  }

  /**
   * Looks at all pods, and writes to those that need it.
   *
   * @return how long to wait before the next look, in nanoseconds: {@link #LOOK}, or longer where
   *     there are so many pods that looking would take more than {@link #SHARE} of a core
   */
  long look() {
    long before = CPU.getCurrentThreadCpuTime();
    long used = 0;
    try {
      long now = clock.getAsLong();
      List<Due> due = due(now);
      used = CPU.getCurrentThreadCpuTime() - before;
      due.stream()
          .limit(Math.clamp((now - lookedAt) / EACH, 1, AT_ONCE))
          .forEach(one -> write(one, now));
      lookedAt = now;
    } catch (RuntimeException e) {
      log.error("pods could not be annotated", e);
    }
    return Math.max(LOOK.toNanos(), (long) (used / SHARE));
  }

  /** The pods that are to be written, those first that have to be for longest. */
  private List<Due> due(long now) {
    quiet.values().removeIf(until -> now - until >= 0);
    Map<String, List<String>> wanted = leads.getAsBoolean() ? held.get() : Map.of();
    List<Due> due = new ArrayList<>();
    Set<String> there = new HashSet<>();
    for (KnownPods known : watched) {
      try (Stream<Pod> all = known.pods()) {
        all.map(Pod::getMetadata)
            .filter(pod -> there.add(pod.getUid()))
            .forEach(pod -> look(known.client(), pod, wanted.get(pod.getUid()), now, due));
      }
    }
    pods.keySet().retainAll(there);
    due.sort(Comparator.comparingLong(one -> one.seen.due - now));
    return due;
  }

  private void look(
      KubernetesClient client,
      ObjectMeta pod,
      @Nullable List<String> adapters,
      long now,
      List<Due> due) {
    String annotation = Declared.annotation(pod.getAnnotations());
    Seen seen = pods.computeIfAbsent(pod.getUid(), uid -> new Seen(annotation));
    if (!Objects.equals(annotation, seen.annotation)) {
      seen.annotated(annotation, now);
    }
    if (adapters == null) {
      return;
    }
    if (seen.declares(adapters)) {
      seen.isRight();
      return;
    }
    String next = adapters.isEmpty() ? null : String.join(",", adapters);
    Set<String> names = Set.copyOf(Declared.adapters(next));
    Place place = new Place(client, pod.getNamespace());
    if (names.equals(seen.declared)) {
      seen.isRight();
    } else if (seen.isDue(names, now) && !quiet.containsKey(place)) {
      due.add(new Due(place, pod, seen, next));
    }
  }

  private void write(Due due, long now) {
    if (quiet.containsKey(due.place)) {
      return;
    }
    due.seen.annotated(due.annotation, now);
    try {
      patch(due.place.client, due.pod, due.annotation);
      failures.remove(due.place);
      listener.annotated(true);
    } catch (RuntimeException e) {
      failed(due, Failure.of(e));
    }
  }

  /** The UID makes it fail where another pod has the name by now. */
  private static void patch(KubernetesClient client, ObjectMeta pod, @Nullable String annotation) {
    Map<String, Object> metadata = new HashMap<>();
    metadata.put("uid", pod.getUid());
    metadata.put("annotations", Collections.singletonMap(Discovered.ADAPTERS, annotation));
    String body = client.getKubernetesSerialization().asJson(Map.of("metadata", metadata));
    client.pods().inNamespace(pod.getNamespace()).withName(pod.getName()).patch(MERGE, body);
  }

  private void failed(Due due, Failure failed) {
    if (failed.isGone()) {
      return;
    }
    quiet.put(due.place, clock.getAsLong() + (failed.isForbidden() ? PAUSE : TROUBLE));
    listener.annotated(false);
    if (!failed.reason().equals(failures.put(due.place, failed.reason()))) {
      log.warn(
          "pod {}/{} cannot be annotated: {}",
          due.pod.getNamespace(),
          due.pod.getName(),
          failed.reason());
    }
  }
}
