package dev.loragateway.kubernetes;

import dev.loragateway.adapters.AdapterPhase;
import dev.loragateway.adapters.CopyState;
import dev.loragateway.kubernetes.LoraAdapterStatus.Instance;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Says what happened between two statuses of an object. Stateless. */
final class AdapterEvents {
  private static final String READY = StatusCopies.word(CopyState.READY);

  /** Addresses that are named in one Event. */
  private static final int NAMED = 3;

  private AdapterEvents() {}

  /**
   * One thing that happened. Immutable.
   *
   * @param warning whether somebody should look
   * @param reason one word
   */
  record Happened(boolean warning, String reason, String message) {}

  /** What happened, copies first. */
  static List<Happened> between(@Nullable LoraAdapterStatus before, LoraAdapterStatus after) {
    List<Happened> events = new ArrayList<>();
    loaded(before, after, events);
    failed(before, after, events);
    String phase = after.phase();
    if (phase != null && (before == null || !phase.equals(before.phase()))) {
      phase(phase, after, events);
    }
    return events;
  }

  private static void loaded(
      @Nullable LoraAdapterStatus before, LoraAdapterStatus after, List<Happened> events) {
    Map<String, List<String>> byRevision = new LinkedHashMap<>();
    for (Instance now : instances(after)) {
      Instance known = at(before, now);
      if (READY.equals(now.state()) && (known == null || !READY.equals(known.state()))) {
        byRevision
            .computeIfAbsent(String.valueOf(now.revision()), key -> new ArrayList<>())
            .add(now.address());
      }
    }
    byRevision.forEach(
        (revision, at) ->
            events.add(
                new Happened(false, "Loaded", "revision %s at %s".formatted(revision, some(at)))));
  }

  /** A failure that comes again with the same words is no news. */
  private static void failed(
      @Nullable LoraAdapterStatus before, LoraAdapterStatus after, List<Happened> events) {
    Map<String, List<String>> byMessage = new LinkedHashMap<>();
    for (Instance now : instances(after)) {
      Instance known = at(before, now);
      String message = now.message();
      if (message != null && (known == null || !message.equals(known.message()))) {
        byMessage.computeIfAbsent(message, key -> new ArrayList<>()).add(now.address());
      }
    }
    byMessage.forEach(
        (message, at) -> events.add(new Happened(true, "LoadFailed", some(at) + ": " + message)));
  }

  private static void phase(String phase, LoraAdapterStatus after, List<Happened> events) {
    String message = after.message() == null ? "" : after.message();
    String counts =
        "%d of %d endpoints have it"
            .formatted(
                Objects.requireNonNullElse(after.readyReplicas(), 0),
                Objects.requireNonNullElse(after.desiredReplicas(), 0));
    if (is(phase, AdapterPhase.REFUSED)) {
      events.add(new Happened(true, phase, message));
    } else if (is(phase, AdapterPhase.DEGRADED) || is(phase, AdapterPhase.FAILED)) {
      events.add(new Happened(true, phase, message.isEmpty() ? counts : counts + ": " + message));
    } else if (is(phase, AdapterPhase.READY)) {
      events.add(new Happened(false, phase, counts));
    } else if (is(phase, AdapterPhase.ARCHIVED)) {
      events.add(new Happened(false, phase, "loaded nowhere until somebody asks for it"));
    }
  }

  private static boolean is(String phase, AdapterPhase one) {
    return phase.equals(StatusCopies.word(one));
  }

  private static List<Instance> instances(@Nullable LoraAdapterStatus status) {
    return status == null ? List.of() : status.instances();
  }

  /** What was known of the same revision at the same endpoint. */
  private static @Nullable Instance at(@Nullable LoraAdapterStatus before, Instance now) {
    return instances(before).stream()
        .filter(one -> one.address().equals(now.address()))
        .filter(one -> Objects.equals(one.revision(), now.revision()))
        .findFirst()
        .orElse(null);
  }

  private static String some(List<String> addresses) {
    String named = String.join(", ", addresses.subList(0, Math.min(NAMED, addresses.size())));
    int more = addresses.size() - NAMED;
    return more > 0 ? named + " and " + more + " more" : named;
  }
}
