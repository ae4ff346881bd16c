package dev.loragateway.kubernetes;

import dev.loragateway.adapters.CopyState;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Tells, by the statuses of objects, at which endpoints the gateway that leads saw adapters answer.
 * Confined to one thread.
 */
final class ReadyCopies {
  /** A revision of an adapter. */
  private record Content(String model, String revision) {}

  private final AdapterObjectsSink sink;
  private Map<Content, Set<String>> told = Map.of();

  ReadyCopies(AdapterObjectsSink sink) {
    this.sink = sink;
  }

  /** Tells what is news in these. */
  void tell(List<AdapterObject> objects) {
    Map<Content, Set<String>> ready = new HashMap<>();
    for (AdapterObject object : objects) {
      if (object.own() != null && object.declared() != null) {
        StatusCopies.of(object.own()).stream()
            .filter(copy -> copy.state() == CopyState.READY)
            .forEach(
                copy ->
                    ready
                        .computeIfAbsent(
                            new Content(object.model(), copy.revision()), key -> new HashSet<>())
                        .add(copy.address()));
      }
    }
    Map<Content, Set<String>> before = told;
    told = ready;
    before.forEach(
        (content, addresses) -> {
          if (!ready.containsKey(content)) {
            sink.ready(content.model, content.revision, Set.of());
          }
        });
    ready.forEach(
        (content, addresses) -> {
          if (!addresses.equals(before.get(content))) {
            sink.ready(content.model, content.revision, Set.copyOf(addresses));
          }
        });
  }

  /** What was told is not known any more: all is news next time. */
  void forget() {
    told = Map.of();
  }
}
