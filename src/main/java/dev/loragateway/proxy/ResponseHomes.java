package dev.loragateway.proxy;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Which endpoint made which response of {@code /v1/responses}, and for whom: its server alone can
 * go on with it, and its tenant alone may. Thread-safe; bounded in number and time.
 */
final class ResponseHomes {
  private static final int MAX_RESPONSES = 100_000;
  private static final Duration KEPT = Duration.ofHours(1);

  private record Made(String tenant, String address, @Nullable RenamedModel renamed) {}

  private final Cache<String, Made> made =
      Caffeine.newBuilder().maximumSize(MAX_RESPONSES).expireAfterAccess(KEPT).build();

  /** Address of the endpoint that made the response, or null. */
  @Nullable String endpoint(String tenant, String responseId) {
    Made by = made(tenant, responseId);
    return by == null ? null : by.address();
  }

  /** The names of the model that made the response, or null when it has but one. */
  @Nullable RenamedModel renamed(String tenant, String responseId) {
    Made by = made(tenant, responseId);
    return by == null ? null : by.renamed();
  }

  private @Nullable Made made(String tenant, String responseId) {
    Made by = made.getIfPresent(responseId);
    return by != null && by.tenant().equals(tenant) ? by : null;
  }

  void made(String tenant, String responseId, String address, @Nullable RenamedModel renamed) {
    made.asMap().putIfAbsent(responseId, new Made(tenant, address, renamed));
  }
}
