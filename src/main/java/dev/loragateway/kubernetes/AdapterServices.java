package dev.loragateway.kubernetes;

import dev.loragateway.adapters.AdapterPhase;
import dev.loragateway.adapters.AdapterStatus;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a headless Service for each adapter, as long as this gateway leads, so that clients which
 * know nothing of the gateway find the endpoints that have it. Confined to one thread, but for
 * {@link #watch} and {@link #fare}.
 */
final class AdapterServices {
  private static final Logger log = LoggerFactory.getLogger(AdapterServices.class);

  /** After which it is looked anew what there is, so that what others deleted comes back. */
  private static final long LIST = TimeUnit.MINUTES.toNanos(5);

  private static final long TROUBLE = TimeUnit.SECONDS.toNanos(10);

  /** Writes after one look, of which there are five in a second. */
  private static final int AT_ONCE = 4;

  private static final PatchContext MERGE =
      new PatchContext.Builder()
          .withPatchType(PatchType.JSON_MERGE)
          .withFieldManager("lora-gateway")
          .build();

  /** Where Services are kept, and for which group of gateways. */
  record Place(KubernetesClient client, String lease) {}

  /** All objects of a cluster. */
  private record View(Place place, List<AdapterObject> objects) {}

  /** An object's place. */
  private record Key(String kind, String namespace, String name) {
    static Key of(HasMetadata object) {
      return new Key(
          object.getKind(), object.getMetadata().getNamespace(), object.getMetadata().getName());
    }
  }

  private final BooleanSupplier leads;
  private final DiscoveryListener listener;
  private final LongSupplier nanos;
  private volatile @Nullable View watched;
  private volatile @Nullable Map<String, AdapterStatus> faring;
  private final AtomicLong news = new AtomicLong();
  private long seen = -1;
  private boolean settled;

  /** What there is; null = it was not looked yet. */
  private @Nullable Map<Key, HasMetadata> known;

  private final Set<Key> foreign = new HashSet<>();
  private long listedAt;
  private long quietUntil;
  private boolean quiet;
  private @Nullable String failure;

  /**
   * Keeps nothing yet.
   *
   * @param nanos as {@link System#nanoTime}
   */
  AdapterServices(BooleanSupplier leads, DiscoveryListener listener, LongSupplier nanos) {
    this.leads = leads;
    this.listener = listener;
    this.nanos = nanos;
  }

  /** These are the objects now; no place = no Services are kept. */
  void watch(@Nullable Place place, List<AdapterObject> objects) {
    watched = place == null ? null : new View(place, List.copyOf(objects));
    news.incrementAndGet();
  }

  /** So adapters fare now. */
  void fare(Map<String, AdapterStatus> statuses) {
    faring = Map.copyOf(statuses);
    news.incrementAndGet();
  }

  /** Looks what should be there, and makes, changes and deletes what has to be. */
  void look() {
    long version = news.get();
    View view = watched;
    Map<String, AdapterStatus> statuses = faring;
    if (view == null || statuses == null || !leads.getAsBoolean()) {
      known = null;
      return;
    }
    long now = nanos.getAsLong();
    if (quiet && now - quietUntil < 0) {
      return;
    }
    if (known != null && now - listedAt >= LIST) {
      known = null;
    }
    if (known != null && settled && seen == version) {
      return;
    }
    seen = version;
    try {
      look(view, statuses, now);
      quiet = false;
      failure = null;
    } catch (RuntimeException e) {
      failed(Failure.of(e), now);
    }
  }

  private void look(View view, Map<String, AdapterStatus> statuses, long now) {
    Map<Key, HasMetadata> there = known;
    if (there == null) {
      there = list(view);
      known = there;
      listedAt = now;
      foreign.clear();
    }
    Map<Key, HasMetadata> wanted = wanted(view, statuses);
    int left = AT_ONCE;
    for (HasMetadata object : gone(there, wanted, undecided(view, statuses))) {
      if (left-- <= 0) {
        break;
      }
      view.place.client.resource(object).delete();
      there.remove(Key.of(object));
    }
    for (Map.Entry<Key, HasMetadata> entry : wanted.entrySet()) {
      if (left > 0 && !isForeign(entry.getKey(), entry.getValue()) && !same(there, entry)) {
        left--;
        write(view.place.client, there, entry.getKey(), entry.getValue());
      }
    }
    settled = left > 0;
  }

  /** Whether it, or the Service that it belongs to, is somebody else's. */
  private boolean isForeign(Key key, HasMetadata object) {
    String service = object.getMetadata().getLabels().getOrDefault(AdapterService.ADAPTER, "");
    return foreign.contains(key) || foreign.contains(new Key("Service", key.namespace, service));
  }

  /** Labels of adapters that are declared, but of which nothing was said yet. */
  private static Set<String> undecided(View view, Map<String, AdapterStatus> statuses) {
    return view.objects.stream()
        .filter(object -> object.declared() != null && !statuses.containsKey(object.model()))
        .map(object -> ServiceNames.of(object.model()))
        .collect(Collectors.toSet());
  }

  private static List<HasMetadata> gone(
      Map<Key, HasMetadata> there, Map<Key, HasMetadata> wanted, Set<String> undecided) {
    List<HasMetadata> gone = new ArrayList<>();
    there.forEach(
        (key, object) -> {
          String adapter = object.getMetadata().getLabels().get(AdapterService.ADAPTER);
          if (!wanted.containsKey(key) && !undecided.contains(adapter)) {
            gone.add(object);
          }
        });
    return gone;
  }

  private static boolean same(Map<Key, HasMetadata> there, Map.Entry<Key, HasMetadata> wanted) {
    HasMetadata is = there.get(wanted.getKey());
    return is != null && hash(is).equals(hash(wanted.getValue()));
  }

  private static String hash(HasMetadata object) {
    Map<String, String> annotations = object.getMetadata().getAnnotations();
    return annotations == null ? "" : annotations.getOrDefault(AdapterService.HASH, "");
  }

  private static Map<Key, HasMetadata> list(View view) {
    Map<Key, HasMetadata> there = new HashMap<>();
    String label = ServiceNames.of(view.place.lease);
    for (String namespace : namespaces(view)) {
      KubernetesClient client = view.place.client;
      List<HasMetadata> all = new ArrayList<>();
      all.addAll(
          client
              .services()
              .inNamespace(namespace)
              .withLabel(AdapterService.GATEWAYS, label)
              .list()
              .getItems());
      all.addAll(
          client
              .discovery()
              .v1()
              .endpointSlices()
              .inNamespace(namespace)
              .withLabel(AdapterService.GATEWAYS, label)
              .list()
              .getItems());
      all.forEach(one -> there.put(Key.of(one), one));
    }
    return there;
  }

  /** Where objects are, and the gateway's own namespace, where those go that nobody owns. */
  private static Set<String> namespaces(View view) {
    Set<String> namespaces = new HashSet<>();
    namespaces.add(KubernetesClients.namespace(view.place.client, ""));
    view.objects.forEach(object -> namespaces.add(object.metadata().getNamespace()));
    return namespaces;
  }

  private static Map<Key, HasMetadata> wanted(View view, Map<String, AdapterStatus> statuses) {
    String own = KubernetesClients.namespace(view.place.client, "");
    String label = ServiceNames.of(view.place.lease);
    Map<String, AdapterObject> owners = new HashMap<>();
    view.objects.forEach(object -> owners.put(object.origin(), object));
    Map<Key, HasMetadata> wanted = new LinkedHashMap<>();
    for (AdapterStatus fares : statuses.values()) {
      if (fares.phase() != AdapterPhase.REFUSED) {
        AdapterObject owner = owners.get(fares.origin());
        String namespace = owner == null ? own : owner.metadata().getNamespace();
        new AdapterService(namespace, label, fares, owner)
            .objects()
            .forEach(object -> wanted.put(Key.of(object), object));
      }
    }
    return wanted;
  }

  private void write(
      KubernetesClient client, Map<Key, HasMetadata> there, Key key, HasMetadata object) {
    try {
      HasMetadata now =
          there.containsKey(key)
              ? client
                  .resource(object)
                  .patch(MERGE, client.getKubernetesSerialization().asJson(object))
              : client.resource(object).create();
      there.put(key, now);
    } catch (RuntimeException e) {
      Failure failed = Failure.of(e);
      if (failed.isGone()) {
        there.remove(key);
      } else if (failed.isConflict()) {
        foreign.add(key);
        log.warn(
            "{} {}/{} is somebody else's (expected: none, or one that gateways made)",
            key.kind,
            key.namespace,
            key.name);
      } else {
        throw e;
      }
    }
  }

  private void failed(Failure failed, long now) {
    settled = false;
    quiet = true;
    quietUntil = now + TROUBLE;
    listener.failed("", "Services of adapters", failed.code());
    if (!failed.reason().equals(failure)) {
      log.warn("Services of adapters cannot be kept: {}", failed.reason());
    }
    failure = failed.reason();
  }
}
