package dev.loragateway.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries from the other gateways to the one that leads which adapters they use, in an annotation
 * of the {@code LoraAdapter} objects. {@link #used} is thread-safe, {@link #write} and {@link
 * #tell} are confined to a thread each.
 */
final class UseReports {
  private static final Logger log = LoggerFactory.getLogger(UseReports.class);

  /** When an adapter was used last, in RFC 3339. */
  static final String USED_AT = LoraAdapter.GROUP + "/used-at";

  /** Objects written at a time: with {@link AdapterWriter#LOOK} between, 20 a second. */
  private static final int AT_ONCE = 4;

  private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);

  private final AdapterObjectsSink sink;
  private final InstantSource clock;
  private final Set<String> due = ConcurrentHashMap.newKeySet();
  private Map<String, String> told = Map.of();
  private String failure = "";

  UseReports(AdapterObjectsSink sink, InstantSource clock) {
    this.sink = sink;
    this.clock = clock;
  }

  /** An adapter was used just now. */
  void used(String model) {
    due.add(model);
  }

  /** Writes down what was used; what cannot be written is forgotten, for it will be used again. */
  void write(KubernetesClient client, List<AdapterObject> objects) {
    Iterator<String> next = due.iterator();
    for (int i = 0; i < AT_ONCE && next.hasNext(); i++) {
      String model = next.next();
      next.remove();
      objects.stream()
          .filter(object -> object.own() != null && object.model().equals(model))
          .forEach(object -> write(client, object));
    }
  }

  private void write(KubernetesClient client, AdapterObject object) {
    String at = clock.instant().truncatedTo(ChronoUnit.MILLIS).toString();
    Map<String, Object> metadata = Map.of("annotations", Map.of(USED_AT, at));
    try {
      client
          .resource(object.own())
          .patch(MERGE, client.getKubernetesSerialization().asJson(Map.of("metadata", metadata)));
      failure = "";
    } catch (RuntimeException e) {
      String why = Failure.of(e).reason();
      if (!why.equals(failure)) {
        log.warn(
            "{} cannot be annotated: {} (the leader does not see its use)", object.origin(), why);
      }
      failure = why;
    }
  }

  /** Tells what is news in the objects. */
  void tell(List<AdapterObject> objects) {
    Map<String, String> now = new HashMap<>();
    for (AdapterObject object : objects) {
      Map<String, String> annotations = object.metadata().getAnnotations();
      String at = annotations == null ? null : annotations.get(USED_AT);
      if (at != null && object.declared() != null) {
        now.put(object.model(), at);
        if (!at.equals(told.get(object.model()))) {
          tell(object, at);
        }
      }
    }
    told = now;
  }

  private void tell(AdapterObject object, String at) {
    try {
      sink.used(object.model(), Instant.parse(at));
    } catch (DateTimeParseException e) {
      log.warn(
          "{} has {} \"{}\" (expected: a time as RFC 3339 has it)", object.origin(), USED_AT, at);
    }
  }
}
