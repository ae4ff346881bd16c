package dev.loragateway.kubernetes;

import dev.loragateway.adapters.AdapterStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps deleted objects until their adapter is loaded nowhere: an object that was accepted has a
 * finalizer. Confined to one thread.
 */
final class Finalizers {
  private static final Logger log = LoggerFactory.getLogger(Finalizers.class);

  static final String UNLOAD = LoraAdapter.GROUP + "/unload";

  /** For which a deleted object is kept at most: endpoints that do not answer keep no object. */
  static final long LONGEST = TimeUnit.MINUTES.toNanos(3);

  private static final PatchContext MERGE =
      new PatchContext.Builder()
          .withPatchType(PatchType.JSON_MERGE)
          .withFieldManager("lora-gateway")
          .build();

  private final Predicate<String> held;
  private final LongSupplier nanos;
  private final Map<String, Long> deletedAt = new HashMap<>();

  /**
   * Knows of no deletion yet.
   *
   * @param held whether any endpoint has a copy of the adapter of this name
   * @param nanos as {@link System#nanoTime}
   */
  Finalizers(Predicate<String> held, LongSupplier nanos) {
    this.held = held;
    this.nanos = nanos;
  }

  /** Objects with other UIDs are not there any more. */
  void forget(Set<String> uids) {
    deletedAt.keySet().retainAll(uids);
  }

  /**
   * The finalizers that an object should have; null when it has them.
   *
   * @param now the object as it is
   * @param fares null when no adapter of its name is declared
   */
  @Nullable List<String> next(
      LoraAdapter now, AdapterObject object, @Nullable AdapterStatus fares) {
    List<String> there = now.getMetadata().getFinalizers();
    boolean has = there.contains(UNLOAD);
    if (now.isDeleted()) {
      return has && isDone(now, object, fares) ? without(there) : null;
    }
    return has || object.declared() == null ? null : with(there);
  }

  private boolean isDone(LoraAdapter now, AdapterObject object, @Nullable AdapterStatus fares) {
    long at = nanos.getAsLong();
    long since = deletedAt.computeIfAbsent(now.getMetadata().getUid(), uid -> at);
    if (at - since >= LONGEST) {
      log.warn("{} is let go although {} may be loaded still", object.origin(), object.model());
      return true;
    }
    return fares == null ? !held.test(object.model()) : !fares.origin().equals(object.origin());
  }

  private static List<String> with(List<String> there) {
    List<String> next = new ArrayList<>(there);
    next.add(UNLOAD);
    return next;
  }

  private static List<String> without(List<String> there) {
    List<String> next = new ArrayList<>(there);
    next.remove(UNLOAD);
    return next;
  }

  /** The resource version makes it fail where somebody else was faster. */
  static LoraAdapter patch(KubernetesClient client, LoraAdapter object, List<String> finalizers) {
    Map<String, Object> metadata =
        Map.of(
            "uid", object.getMetadata().getUid(),
            "resourceVersion", object.getMetadata().getResourceVersion(),
            "finalizers", finalizers);
    String body = client.getKubernetesSerialization().asJson(Map.of("metadata", metadata));
    return client.resource(object).patch(MERGE, body);
  }
}
