package dev.loragateway.routing;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where sessions were placed last, so that they find their KV cache again. Thread-safe; bounded in
 * number and time. Where adapters were placed lately needs no memory of its own: the live cells of
 * {@link dev.loragateway.registry.InFlight} show it to every event loop at once.
 */
public final class RecentPlacements {
  private static final int MAX_SESSIONS = 100_000;
  private static final Duration KEPT = Duration.ofMinutes(30);

  private final Cache<String, String> sessions =
      Caffeine.newBuilder().maximumSize(MAX_SESSIONS).expireAfterAccess(KEPT).build();

  /** Address of the endpoint that served the session last, or null. */
  public @Nullable String endpoint(String session) {
    return sessions.getIfPresent(session);
  }

  public void placed(String session, String address) {
    sessions.put(session, address);
  }
}
