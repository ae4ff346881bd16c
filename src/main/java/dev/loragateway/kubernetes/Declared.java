package dev.loragateway.kubernetes;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads the annotation by which pods and slices declare adapters. Stateless. */
final class Declared {
  private Declared() {}

  static Set<String> adapters(@Nullable Map<String, String> annotations) {
    String names = annotations == null ? null : annotations.get(Discovered.ADAPTERS);
    return names == null
        ? Set.of()
        : Arrays.stream(names.split(",", -1))
            .map(String::strip)
            .filter(name -> !name.isEmpty())
            .collect(Collectors.toUnmodifiableSet());
  }
}
