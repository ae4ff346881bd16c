package dev.loragateway.registry;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the configuration says about one pool. It travels inside the snapshot, so that a request
 * sees either the old settings with the old endpoints or the new with the new. Immutable.
 *
 * @param name unique name of the pool
 * @param baseModel the name under which the servers serve the base model
 * @param resolver whether the servers load unknown adapters by themselves
 * @param adapterSlots GPU slots per endpoint, used until the server reports its own; 0 = unset
 * @param cpuAdapterSlots CPU slots per endpoint; 0 = unset: equal to the GPU slots, vLLM's default
 * @param loraMetrics whether the engine reports LoRA activity; without it the swap state is unknown
 *     until {@code adapterSlots} is set
 * @param staleAfter age at which a scrape counts as unknown
 * @param aliases further names, each mapped to the models that it stands for, at least one
 * @param routing how endpoints are chosen
 * @param queue how requests wait while all are saturated
 * @param scaling how full the endpoints are meant to be
 * @param outlier when an endpoint that fails is taken out
 * @param sleep when its engines are put to sleep; null = never
 */
public record PoolSettings(
    String name,
    String baseModel,
    boolean resolver,
    int adapterSlots,
    int cpuAdapterSlots,
    boolean loraMetrics,
    Duration staleAfter,
    Map<String, List<AliasTarget>> aliases,
    RoutingSettings routing,
    QueueSettings queue,
    ScalingSettings scaling,
    OutlierSettings outlier,
    @Nullable SleepSettings sleep) {

  /** A pool with the defaults for endpoints that fail, and for sleep. */
  public PoolSettings(
      String name,
      String baseModel,
      boolean resolver,
      int adapterSlots,
      int cpuAdapterSlots,
      boolean loraMetrics,
      Duration staleAfter,
      Map<String, List<AliasTarget>> aliases,
      RoutingSettings routing,
      QueueSettings queue,
      ScalingSettings scaling) {
    this(
        name,
        baseModel,
        resolver,
        adapterSlots,
        cpuAdapterSlots,
        loraMetrics,
        staleAfter,
        aliases,
        routing,
        queue,
        scaling,
        OutlierSettings.DEFAULTS,
        null);
  }

  /** A pool with every default. */
  public static PoolSettings of(String name, String baseModel) {
    return new PoolSettings(
        name,
        baseModel,
        false,
        0,
        0,
        true,
        Duration.ofSeconds(3),
        Map.of(),
        RoutingSettings.DEFAULTS,
        QueueSettings.DEFAULTS,
        ScalingSettings.DEFAULTS);
  }

  public PoolSettings withRouting(RoutingSettings routing) {
    return new PoolSettings(
        name,
        baseModel,
        resolver,
        adapterSlots,
        cpuAdapterSlots,
        loraMetrics,
        staleAfter,
        aliases,
        routing,
        queue,
        scaling,
        outlier,
        sleep);
  }

  public PoolSettings withQueue(QueueSettings queue) {
    return new PoolSettings(
        name,
        baseModel,
        resolver,
        adapterSlots,
        cpuAdapterSlots,
        loraMetrics,
        staleAfter,
        aliases,
        routing,
        queue,
        scaling,
        outlier,
        sleep);
  }

  public PoolSettings withOutlier(OutlierSettings outlier) {
    return new PoolSettings(
        name,
        baseModel,
        resolver,
        adapterSlots,
        cpuAdapterSlots,
        loraMetrics,
        staleAfter,
        aliases,
        routing,
        queue,
        scaling,
        outlier,
        sleep);
  }

  public PoolSettings withSleep(@Nullable SleepSettings sleep) {
    return new PoolSettings(
        name,
        baseModel,
        resolver,
        adapterSlots,
        cpuAdapterSlots,
        loraMetrics,
        staleAfter,
        aliases,
        routing,
        queue,
        scaling,
        outlier,
        sleep);
  }
}
