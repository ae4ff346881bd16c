package dev.loragateway.kubernetes;

import dev.loragateway.adapters.AdapterFacts;
import dev.loragateway.adapters.AdapterPhase;
import dev.loragateway.adapters.AdapterStatus;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Works out what the status of an object should say. Stateless. */
final class NextStatus {
  static final String ACCEPTED = "Accepted";
  static final String LOADED = "Loaded";
  static final String READY = "Ready";

  private static final String TRUE = "True";
  private static final String FALSE = "False";
  private static final String UNKNOWN = "Unknown";

  private NextStatus() {}

  /** What the status of an object with a fault should say. */
  static LoraAdapterStatus faulty(LoraAdapter object, Reading.Faulty faulty, Instant now) {
    String message = StatusText.cut(faulty.message());
    Conditions conditions = new Conditions(object, now);
    return new LoraAdapterStatus(
        object.getMetadata().getGeneration(),
        StatusCopies.word(AdapterPhase.REFUSED),
        null,
        null,
        0,
        0,
        message,
        null,
        null,
        List.of(),
        List.of(
            conditions.of(ACCEPTED, FALSE, faulty.reason(), message),
            conditions.of(LOADED, FALSE, faulty.reason(), message),
            conditions.of(READY, FALSE, faulty.reason(), message)));
  }

  /** What it should say before the controller has said anything: what is known stays. */
  static LoraAdapterStatus accepted(LoraAdapter object, Instant now) {
    Conditions conditions = new Conditions(object, now);
    LoraAdapterStatus before = object.getStatus();
    if (before != null && conditions.has(ACCEPTED, TRUE)) {
      return before;
    }
    String pending = StatusCopies.word(AdapterPhase.PENDING);
    return new LoraAdapterStatus(
        object.getMetadata().getGeneration(),
        pending,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        List.of(),
        List.of(
            conditions.of(ACCEPTED, TRUE, ACCEPTED, ""),
            conditions.of(LOADED, UNKNOWN, pending, ""),
            conditions.of(READY, UNKNOWN, pending, "")));
  }

  /** What it should say of an adapter that fares so. */
  static LoraAdapterStatus of(LoraAdapter object, AdapterStatus fares, Instant now) {
    String phase = StatusCopies.word(fares.phase());
    String message = StatusText.cut(fares.message());
    boolean serves = fares.phase() == AdapterPhase.READY || fares.phase() == AdapterPhase.ARCHIVED;
    boolean loaded = fares.ready() > 0;
    Conditions conditions = new Conditions(object, now);
    AdapterFacts facts = fares.facts();
    return new LoraAdapterStatus(
        object.getMetadata().getGeneration(),
        phase,
        empty(fares.revision()),
        empty(fares.serving()),
        fares.desired(),
        fares.ready(),
        empty(message),
        facts == null ? null : facts.rank(),
        facts == null ? null : facts.bytes(),
        StatusCopies.of(fares.copies(), object.getStatus()),
        List.of(
            conditions.of(ACCEPTED, TRUE, ACCEPTED, ""),
            conditions.of(LOADED, loaded ? TRUE : FALSE, loaded ? LOADED : phase, message),
            conditions.of(READY, serves ? TRUE : FALSE, phase, message)));
  }

  private static @Nullable String empty(String text) {
    return text.isEmpty() ? null : text;
  }

  /** Makes conditions that remember since when they are what they are. Immutable. */
  private record Conditions(LoraAdapter object, Instant now) {
    private @Nullable Condition before(String type) {
      LoraAdapterStatus status = object.getStatus();
      List<Condition> known = status == null ? List.of() : status.conditions();
      return known.stream().filter(one -> type.equals(one.getType())).findFirst().orElse(null);
    }

    boolean has(String type, String status) {
      Condition before = before(type);
      return before != null && status.equals(before.getStatus());
    }

    Condition of(String type, String status, String reason, String message) {
      Condition before = before(type);
      String since =
          before != null && status.equals(before.getStatus())
              ? before.getLastTransitionTime()
              : StatusText.time(now);
      return new ConditionBuilder()
          .withType(type)
          .withStatus(status)
          .withReason(reason)
          .withMessage(message)
          .withObservedGeneration(object.getMetadata().getGeneration())
          .withLastTransitionTime(since)
          .build();
    }
  }
}
