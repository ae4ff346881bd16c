package dev.loragateway.routing;

import dev.loragateway.registry.Dispatch;
import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.QueueSettings;

/**
 * Loads the adapter of a waiting request ahead of it when no endpoint has it: one load at a time
 * for each adapter, since one that is being loaded counts as had, and not more often than allowed.
 * Confined to its queue's lock.
 */
final class WarmUps {
  private static final long SECOND = 1_000_000_000L;

  private final EndpointRegistry registry;
  private final EndpointPicker picker;
  private final Warmup warmup;
  private long notBefore = Long.MIN_VALUE;

  WarmUps(EndpointRegistry registry, EndpointPicker picker, Warmup warmup) {
    this.registry = registry;
    this.picker = picker;
    this.warmup = warmup;
  }

  /** A request for an adapter has begun to wait. */
  void wanted(PickRequest request, PoolSnapshot pool) {
    QueueSettings settings = pool.settings().queue();
    long now = registry.now();
    if (!settings.warmUp() || now < notBefore) {
      return;
    }
    Dispatch dispatch = picker.warmUp(request, pool);
    if (dispatch != null) {
      notBefore = now + SECOND / settings.warmUpsPerSecond();
      warmup.start(dispatch);
    }
  }
}
