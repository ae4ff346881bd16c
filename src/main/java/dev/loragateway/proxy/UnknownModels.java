package dev.loragateway.proxy;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;

/**
 * Names that a refresh did not find, for one second: until then they are refused without another
 * refresh. Thread-safe; bounded.
 */
final class UnknownModels {
  private static final int MAX_NAMES = 10_000;
  private static final Duration KEPT = Duration.ofSeconds(1);

  private final Cache<String, Boolean> names =
      Caffeine.newBuilder().maximumSize(MAX_NAMES).expireAfterWrite(KEPT).build();

  boolean contains(String model) {
    return names.getIfPresent(model) != null;
  }

  void add(String model) {
    names.put(model, true);
  }
}
