package dev.loragateway.kubernetes;

import dev.loragateway.adapters.AdapterSettings.Cluster;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The objects of some namespaces that declare adapters. Confined to one thread. */
final class FollowedObjects implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(FollowedObjects.class);

  private static final ObjectWatch.Kind<LoraAdapter> LORA_ADAPTERS =
      new ObjectWatch.Kind<>(
          "loraadapters",
          "LoraAdapters",
          (client, namespace) ->
              client.resources(LoraAdapter.class).inNamespace(namespace).runnableInformer(0));

  private static final ObjectWatch.Kind<GenericKubernetesResource> MODEL_ADAPTERS =
      new ObjectWatch.Kind<>(
          "modeladapters",
          "ModelAdapters",
          (client, namespace) ->
              client
                  .genericKubernetesResources(ModelAdapterReader.MODEL_ADAPTER)
                  .inNamespace(namespace)
                  .runnableInformer(0));

  private final DiscoveryListener listener;
  private final List<ObjectWatch<LoraAdapter>> own = new ArrayList<>();
  private final List<ObjectWatch<GenericKubernetesResource>> foreign = new ArrayList<>();
  private final List<String> sources = new ArrayList<>();
  private final SecretCredentials credentials;
  private final SpecReader specs;
  private final ModelAdapterReader modelAdapters;
  private final AtomicBoolean changed = new AtomicBoolean(true);
  private List<AdapterObject> objects = List.of();
  private Set<String> faults = Set.of();

  /**
   * Begins to follow, without waiting for anything.
   *
   * @param news called, on any thread, when there may be something to {@link #refresh}
   */
  FollowedObjects(
      Cluster cluster, KubernetesClient client, DiscoveryListener listener, Runnable news) {
    this.listener = listener;
    this.credentials = new SecretCredentials(client, System::nanoTime);
    this.specs = new SpecReader(credentials);
    this.modelAdapters = new ModelAdapterReader(credentials);
    Runnable tell =
        () -> {
          changed.set(true);
          news.run();
        };
    Set<String> namespaces = cluster.namespaces().isEmpty() ? Set.of("") : cluster.namespaces();
    for (String namespace : namespaces) {
      own.add(new ObjectWatch<>(LORA_ADAPTERS, namespace, client, listener, tell));
      sources.add(ObjectWatch.words(LORA_ADAPTERS, namespace));
      if (cluster.aibrix()) {
        foreign.add(new ObjectWatch<>(MODEL_ADAPTERS, namespace, client, listener, tell));
        sources.add(ObjectWatch.words(MODEL_ADAPTERS, namespace));
      }
    }
  }

  /** Looks whether everything is watched; called from time to time. */
  void check() {
    own.forEach(Watch::check);
    foreign.forEach(Watch::check);
  }

  /**
   * Takes in what changed, and reads Secrets where that is needed; returns whether there is news in
   * {@link #objects}.
   */
  boolean refresh() {
    if (!changed.getAndSet(false) && !credentials.isStale()) {
      return false;
    }
    boolean done = false;
    try {
      List<AdapterObject> all = all();
      done = all != null;
      objects = all == null ? objects : all;
      return done;
    } finally {
      if (!done) {
        changed.set(true);
      }
    }
  }

  /** All objects, oldest first; empty until all were told once. */
  List<AdapterObject> objects() {
    return objects;
  }

  private @Nullable List<AdapterObject> all() {
    List<LoraAdapter> ours = new ArrayList<>();
    List<GenericKubernetesResource> theirs = new ArrayList<>();
    if (!gather(own, ours) || !gather(foreign, theirs)) {
      return null;
    }
    List<AdapterObject> all = new ArrayList<>();
    credentials.begin();
    for (LoraAdapter object : ours) {
      all.add(object.isDeleted() ? deleted(object) : specs.read(object));
    }
    for (GenericKubernetesResource object : theirs) {
      if (object.getMetadata().getDeletionTimestamp() == null) {
        all.add(modelAdapters.read(object));
      }
    }
    credentials.end();
    List<AdapterObject> settled = NameClaims.settle(all);
    report(settled);
    return settled;
  }

  private static AdapterObject deleted(LoraAdapter object) {
    return new AdapterObject(
        object.getMetadata(),
        object.model(),
        new Reading.Faulty("Deleted", "the object was deleted"),
        object);
  }

  private static <T extends HasMetadata> boolean gather(
      List<ObjectWatch<T>> watches, List<T> into) {
    for (ObjectWatch<T> watch : watches) {
      List<T> objects = watch.objects();
      if (objects == null) {
        return false;
      }
      into.addAll(objects);
    }
    return true;
  }

  /** Says, once each, what is wrong with objects. */
  private void report(List<AdapterObject> objects) {
    Set<String> now = new HashSet<>();
    for (AdapterObject object : objects) {
      boolean isDeleted = object.own() != null && object.own().isDeleted();
      if (object.reading() instanceof Reading.Faulty faulty && !isDeleted) {
        String fault = object.origin() + " declares nothing: " + faulty.message();
        now.add(fault);
        if (!faults.contains(fault)) {
          log.warn("{}", fault);
        }
      }
    }
    faults = now;
  }

  @Override
  public void close() {
    own.forEach(Watch::close);
    foreign.forEach(Watch::close);
    sources.forEach(source -> listener.stopped("", source));
  }
}
