package dev.loragateway.kubernetes;

import dev.loragateway.kubernetes.AdapterEvents.Happened;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes Events about adapters. What is said again is counted on the Event that said it, whichever
 * gateway wrote that. An Event that cannot be written is dropped. Confined to one thread.
 */
final class EventWriter {
  private static final Logger log = LoggerFactory.getLogger(EventWriter.class);

  private static final String COMPONENT = "lora-gateway";

  /** Events whose count is known; an API server keeps them for an hour. */
  private static final int REMEMBERED = 1000;

  private static final PatchContext MERGE =
      new PatchContext.Builder()
          .withPatchType(PatchType.JSON_MERGE)
          .withFieldManager(COMPONENT)
          .build();

  private final DiscoveryListener listener;
  private final Map<String, Integer> counts =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Integer> eldest) {
          return size() > REMEMBERED;
        }
      };
  private @Nullable String failure;

  EventWriter(DiscoveryListener listener) {
    this.listener = listener;
  }

  /** Writes what happened to an object. */
  void write(KubernetesClient client, LoraAdapter object, List<Happened> events, Instant now) {
    for (Happened happened : events) {
      try {
        write(client, event(object, happened, StatusText.time(now)));
        failure = null;
      } catch (RuntimeException e) {
        failed(Failure.of(e));
      }
    }
  }

  private void write(KubernetesClient client, Event event) {
    String name = event.getMetadata().getName();
    int count = counts.merge(name, 1, Integer::sum);
    try {
      if (count == 1) {
        client.resource(event).create();
        return;
      }
    } catch (RuntimeException e) {
      if (!Failure.of(e).isConflict()) {
        throw e;
      }
      count = counts.merge(name, 1, Integer::sum);
    }
    again(client, event, count);
  }

  private void again(KubernetesClient client, Event event, int count) {
    String body =
        client
            .getKubernetesSerialization()
            .asJson(Map.of("count", count, "lastTimestamp", event.getLastTimestamp()));
    try {
      client.resource(event).patch(MERGE, body);
    } catch (RuntimeException e) {
      if (!Failure.of(e).isGone()) {
        throw e;
      }
      client.resource(event).create();
      counts.put(event.getMetadata().getName(), 1);
    }
  }

  private void failed(Failure failed) {
    listener.failed("", "Events", failed.code());
    if (!failed.reason().equals(failure)) {
      log.warn("an Event cannot be written: {}", failed.reason());
    }
    failure = failed.reason();
  }

  private static Event event(LoraAdapter object, Happened happened, String time) {
    String uid = object.getMetadata().getUid();
    String hash = Integer.toHexString(Objects.hash(uid, happened.reason(), happened.message()));
    return new EventBuilder()
        .withNewMetadata()
        .withNamespace(object.getMetadata().getNamespace())
        .withName(object.getMetadata().getName() + "." + hash)
        .endMetadata()
        .withNewInvolvedObject()
        .withApiVersion(object.getApiVersion())
        .withKind(object.getKind())
        .withNamespace(object.getMetadata().getNamespace())
        .withName(object.getMetadata().getName())
        .withUid(uid)
        .endInvolvedObject()
        .withType(happened.warning() ? "Warning" : "Normal")
        .withReason(happened.reason())
        .withMessage(StatusText.cut(happened.message()))
        .withFirstTimestamp(time)
        .withLastTimestamp(time)
        .withCount(1)
        .withNewSource()
        .withComponent(COMPONENT)
        .endSource()
        .withReportingComponent("loragateway.dev/" + COMPONENT)
        .withReportingInstance(COMPONENT)
        .build();
  }
}
