package dev.loragateway.kubernetes;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.Collections;
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
  /** Between two looks at what pods hold. */
  static final Duration LOOK = Duration.ofMillis(200);

  /** Between two changes of one pod's annotation, whoever made them. */
  private static final long PAUSE = TimeUnit.SECONDS.toNanos(30);

  /** Pods that are written after one look, so that 20 patches a second are the most. */
  private static final int AT_ONCE = 4;

  /** Looks for which a change may be waited for to come to rest. */
  private static final int PATIENCE = 3;

  /** Nothing is written for this long after an API server did not answer. */
  private static final long AWAY = TimeUnit.SECONDS.toNanos(5);

  private static final PatchContext MERGE =
      new PatchContext.Builder()
          .withPatchType(PatchType.JSON_MERGE)
          .withFieldManager("lora-gateway")
          .build();

  private static final Logger log = LoggerFactory.getLogger(AnnotationWriter.class);

  /** What is remembered of a pod. */
  private static final class Seen {
    private @Nullable String annotation;
    private boolean changed;
    private long changedAt;
    private Set<String> pending = Set.of();
    private int looks;

    Seen(@Nullable String annotation) {
      this.annotation = annotation;
    }

    void annotated(@Nullable String now, long at) {
      annotation = now;
      changed = true;
      changedAt = at;
    }

    boolean mayChange(long now) {
      return !changed || now - changedAt >= PAUSE;
    }

    /** Whether the pod has held these since the last look, or nothing stays that long there. */
    boolean rests(Set<String> held) {
      boolean rests = held.equals(pending) || looks >= PATIENCE;
      pending = held;
      looks = rests ? 0 : looks + 1;
      return rests;
    }
  }

  private final BooleanSupplier leads;
  private final Supplier<Map<String, List<String>>> held;
  private final DiscoveryListener listener;
  private final LongSupplier clock;
  private final Map<String, Seen> pods = new HashMap<>();
  private volatile List<KnownPods> watched = List.of();
  private boolean away;
  private long awaySince;
  private @Nullable String failure;

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
  }

  /** These are the pods now. */
  void watch(List<KnownPods> known) {
    watched = List.copyOf(known);
  }

  /**
   * Looks at all pods, and writes to those that need it; to be called every {@link #LOOK} or so.
   */
  void look() {
    try {
      Map<String, List<String>> wanted = leads.getAsBoolean() ? held.get() : Map.of();
      Round round = new Round(wanted, clock.getAsLong());
      for (KnownPods known : watched) {
        try (Stream<Pod> all = known.pods()) {
          all.forEach(pod -> round.look(known.client(), pod.getMetadata()));
        }
      }
      pods.keySet().retainAll(round.there);
    } catch (RuntimeException e) {
      log.error("pods could not be annotated", e);
    }
  }

  /** One look at all pods. */
  private final class Round {
    private final Map<String, List<String>> wanted;
    private final long now;
    private final Set<String> there = new HashSet<>();
    private int left = AT_ONCE;

    Round(Map<String, List<String>> wanted, long now) {
      this.wanted = wanted;
      this.now = now;
    }

    void look(KubernetesClient client, ObjectMeta pod) {
      if (!there.add(pod.getUid())) {
        return;
      }
      String annotation = Declared.annotation(pod.getAnnotations());
      Seen seen = pods.computeIfAbsent(pod.getUid(), uid -> new Seen(annotation));
      if (!Objects.equals(annotation, seen.annotation)) {
        seen.annotated(annotation, now);
      }
      List<String> adapters = wanted.get(pod.getUid());
      if (adapters == null
          || Set.copyOf(adapters).equals(Set.copyOf(Declared.adapters(annotation)))) {
        return;
      }
      boolean may = left > 0 && seen.mayChange(now) && !(away && now - awaySince < AWAY);
      if (may && seen.rests(Set.copyOf(adapters))) {
        left--;
        write(client, pod, seen, adapters.isEmpty() ? null : String.join(",", adapters));
      }
    }

    private void write(
        KubernetesClient client, ObjectMeta pod, Seen seen, @Nullable String annotation) {
      seen.annotated(annotation, now);
      try {
        patch(client, pod, annotation);
        away = false;
        failure = null;
        listener.annotated(true);
      } catch (RuntimeException e) {
        failed(pod, Failure.of(e));
      }
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

  private void failed(ObjectMeta pod, Failure failed) {
    if (failed.isGone()) {
      return;
    }
    away = failed.code() == 0;
    awaySince = clock.getAsLong();
    listener.annotated(false);
    if (!failed.reason().equals(failure)) {
      log.warn(
          "pod {}/{} cannot be annotated: {}", pod.getNamespace(), pod.getName(), failed.reason());
    }
    failure = failed.reason();
  }
}
