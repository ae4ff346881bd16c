package dev.loragateway.kubernetes;

import dev.loragateway.adapters.AdapterStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes to {@code LoraAdapter} objects how they fare, as long as this gateway leads: compares what
 * stands there with what should, so that nothing is lost while it cannot be written. An object is
 * written at most once in a second. Confined to one thread, but for {@link #watch} and {@link
 * #fare}.
 */
final class AdapterWriter {
  private static final Logger log = LoggerFactory.getLogger(AdapterWriter.class);

  /** Between two looks at what should be written, at least. */
  static final Duration LOOK = Duration.ofMillis(200);

  /** Between two writes of one object. */
  private static final long PAUSE = TimeUnit.SECONDS.toNanos(1);

  /** Between two writes on average: 20 a second are the most. */
  private static final long EACH = TimeUnit.MILLISECONDS.toNanos(50);

  /** Writes after one look, even if the one before was long ago. */
  private static final int AT_ONCE = 100;

  /** Nothing of a namespace is written for so long after a failure; after a refusal for longer. */
  private static final long TROUBLE = TimeUnit.SECONDS.toNanos(5);

  private static final long REFUSED = TimeUnit.SECONDS.toNanos(30);

  /** All objects of a cluster. */
  private record View(KubernetesClient client, List<AdapterObject> objects) {}

  /** What a write made of an object that was not told since. */
  private record Written(String before, LoraAdapter after) {}

  private final BooleanSupplier leads;
  private final Finalizers finalizers;
  private final DiscoveryListener listener;
  private final LongSupplier nanos;
  private final InstantSource clock;
  private final EventWriter events;
  private volatile @Nullable View watched;
  private volatile @Nullable Map<String, AdapterStatus> faring;
  private final AtomicLong news = new AtomicLong();
  private long seen = -1;
  private boolean settled;
  private long lookedAt;
  private final Map<String, Written> written = new HashMap<>();
  private final Map<String, Long> writtenAt = new HashMap<>();
  private final Map<String, Long> quietUntil = new HashMap<>();
  private final Map<String, String> failures = new HashMap<>();

  /**
   * Has written nothing yet.
   *
   * @param leads whether this gateway is the one to write
   * @param held whether any endpoint has a copy of the adapter of this name
   * @param nanos as {@link System#nanoTime}
   * @param clock for what is written
   */
  AdapterWriter(
      BooleanSupplier leads,
      Predicate<String> held,
      DiscoveryListener listener,
      LongSupplier nanos,
      InstantSource clock) {
    this.leads = leads;
    this.finalizers = new Finalizers(held, nanos);
    this.listener = listener;
    this.nanos = nanos;
    this.clock = clock;
    this.events = new EventWriter(listener);
    this.lookedAt = nanos.getAsLong();
  }

  /** These are the objects now. */
  void watch(KubernetesClient client, List<AdapterObject> objects) {
    watched = new View(client, List.copyOf(objects));
    news.incrementAndGet();
  }

  /** So adapters fare now. */
  void fare(Map<String, AdapterStatus> statuses) {
    faring = Map.copyOf(statuses);
    news.incrementAndGet();
  }

  /** Looks at all objects, and writes to those that need it. */
  void look() {
    long version = news.get();
    View view = watched;
    Map<String, AdapterStatus> statuses = faring;
    if (view == null || !leads.getAsBoolean()) {
      settled = false;
      return;
    }
    if (settled && seen == version) {
      return;
    }
    seen = version;
    try {
      look(view, statuses);
    } catch (RuntimeException e) {
      settled = false;
      log.error("how adapters fare could not be written", e);
    }
  }

  private void look(View view, @Nullable Map<String, AdapterStatus> statuses) {
    long now = nanos.getAsLong();
    settled = true;
    quietUntil.values().removeIf(until -> now - until >= 0);
    forget(view.objects);
    List<Write> due = new ArrayList<>();
    for (AdapterObject object : view.objects) {
      Write write = write(object, statuses);
      if (write != null) {
        due.add(write);
      }
    }
    due.removeIf(write -> waits(write, now));
    due.sort(Comparator.comparingLong(write -> writtenAt.getOrDefault(uid(write.object), 0L)));
    int most = Math.clamp((now - lookedAt) / EACH, 1, AT_ONCE);
    due.stream().limit(most).forEach(write -> write(view.client, write, now));
    settled &= due.size() <= most;
    lookedAt = now;
  }

  private boolean waits(Write write, long now) {
    Long last = writtenAt.get(uid(write.object));
    boolean waits =
        quietUntil.containsKey(write.object.getMetadata().getNamespace())
            || (last != null && now - last < PAUSE);
    settled &= !waits;
    return waits;
  }

  private void forget(List<AdapterObject> objects) {
    Set<String> there = new HashSet<>();
    objects.forEach(object -> there.add(object.metadata().getUid()));
    written.keySet().retainAll(there);
    writtenAt.keySet().retainAll(there);
    finalizers.forget(there);
  }

  private static String uid(LoraAdapter object) {
    return object.getMetadata().getUid();
  }

  /** The object as it was told, or as it was written since. */
  private LoraAdapter newest(LoraAdapter told) {
    Written since = written.get(uid(told));
    if (since == null) {
      return told;
    }
    if (since.before.equals(told.getMetadata().getResourceVersion())) {
      return since.after;
    }
    written.remove(uid(told));
    return told;
  }

  /** Something that is to be written to an object. */
  private record Write(
      LoraAdapter told,
      LoraAdapter object,
      @Nullable List<String> finalizers,
      @Nullable LoraAdapterStatus status) {}

  private @Nullable Write write(
      AdapterObject object, @Nullable Map<String, AdapterStatus> statuses) {
    LoraAdapter told = object.own();
    if (told == null) {
      return null;
    }
    LoraAdapter now = newest(told);
    AdapterStatus fares = statuses == null ? null : statuses.get(object.model());
    List<String> next = finalizers.next(now, object, fares);
    settled &= !now.isDeleted();
    LoraAdapterStatus status = now.isDeleted() ? null : status(now, object, fares);
    boolean same = status == null || status.equals(now.getStatus());
    return next == null && same ? null : new Write(told, now, next, same ? null : status);
  }

  private LoraAdapterStatus status(
      LoraAdapter now, AdapterObject object, @Nullable AdapterStatus fares) {
    Instant at = clock.instant();
    if (object.reading() instanceof Reading.Faulty faulty) {
      return NextStatus.faulty(now, faulty, at);
    }
    if (fares == null) {
      return NextStatus.accepted(now, at);
    }
    return fares.origin().equals(object.origin())
        ? NextStatus.of(now, fares, at)
        : NextStatus.faulty(now, NameClaims.taken(object.model(), fares.origin()), at);
  }

  private void write(KubernetesClient client, Write write, long now) {
    String namespace = write.object.getMetadata().getNamespace();
    if (quietUntil.containsKey(namespace)) {
      settled = false;
      return;
    }
    try {
      LoraAdapter after = write.object;
      if (write.finalizers != null) {
        after = wrote(write, Finalizers.patch(client, after, write.finalizers));
      }
      if (write.status != null) {
        after = wrote(write, put(client, after, write.status));
        writtenAt.put(uid(after), now);
        events.write(
            client,
            after,
            AdapterEvents.between(write.object.getStatus(), write.status),
            clock.instant());
      }
      failures.remove(namespace);
    } catch (RuntimeException e) {
      settled = false;
      failed(namespace, write.object, Failure.of(e));
    }
  }

  private LoraAdapter wrote(Write write, LoraAdapter after) {
    written.put(uid(write.told), new Written(write.told.getMetadata().getResourceVersion(), after));
    return after;
  }

  /** The resource version makes it fail where somebody else was faster. */
  private static LoraAdapter put(
      KubernetesClient client, LoraAdapter object, LoraAdapterStatus status) {
    LoraAdapter next = new LoraAdapter();
    next.setMetadata(object.getMetadata());
    next.setSpec(object.getSpec());
    next.setStatus(status);
    return client.resource(next).updateStatus();
  }

  private void failed(String namespace, LoraAdapter object, Failure failed) {
    if (failed.isGone() || failed.isConflict()) {
      return;
    }
    quietUntil.put(namespace, nanos.getAsLong() + (failed.isForbidden() ? REFUSED : TROUBLE));
    listener.failed("", "LoraAdapter statuses", failed.code());
    if (!failed.reason().equals(failures.put(namespace, failed.reason()))) {
      log.warn(
          "LoraAdapter {}/{} cannot be written: {}",
          namespace,
          object.getMetadata().getName(),
          failed.reason());
    }
  }
}
