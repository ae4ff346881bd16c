package dev.loragateway.kubernetes;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the annotation by which pods and slices declare adapters. Stateless. */
final class Declared {
  private Declared() {}

  /** The annotation as it stands; null where there is none. */
  static @Nullable String annotation(@Nullable Map<String, String> annotations) {
    return annotations == null ? null : annotations.get(Discovered.ADAPTERS);
  }

  static List<String> adapters(@Nullable Map<String, String> annotations) {
    return adapters(annotation(annotations));
  }

  /** The names in the order in which they stand there, each once. */
  static List<String> adapters(@Nullable String names) {
    return names == null
        ? List.of()
        : Arrays.stream(names.split(",", -1))
            .map(String::strip)
            .filter(name -> !name.isEmpty())
            .distinct()
            .toList();
  }
}
