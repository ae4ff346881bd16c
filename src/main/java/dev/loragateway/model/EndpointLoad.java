package dev.loragateway.model;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one scrape of a model server's metrics said. Immutable.
 *
 * @param running requests in the batch, summed over the server's engines
 * @param waiting requests queued in the server, summed over its engines
 * @param kvCache share of the KV cache in use, 0 to 1, the maximum over its engines; NaN when not
 *     reported
 * @param maxLora GPU slots for adapters; 0 when not reported
 * @param engines number of engines (data-parallel ranks) behind the server, at least 1
 * @param processStart Unix time in seconds at which the server started; NaN when not reported
 * @param active adapters that have requests running or waiting now (newest series only), or null
 *     when the server exports no LoRA activity
 * @param deferred how many of {@code waiting} wait for an adapter's slot rather than for a place
 * @param idleSeconds for each adapter that ever had requests since the server's start, for how long
 *     it had had none when the scrape began, by the server's own times; 0 when it had some then or
 *     since; empty when not reported
 * @param loaded the adapters that the server itself reports as loaded, or null when it does not
 *     report residency
 * @param sleep whether the engine sleeps
 * @param finished requests that ended since the server's start, whoever sent them; 0 when not
 *     reported
 */
public record EndpointLoad(
    int running,
    int waiting,
    double kvCache,
    int maxLora,
    int engines,
    double processStart,
    @Nullable Set<String> active,
    int deferred,
    Map<String, Double> idleSeconds,
    @Nullable LoadedAdapters loaded,
    EngineSleep sleep,
    long finished) {

  /** A load that says nothing of sleep. */
  public EndpointLoad(
      int running,
      int waiting,
      double kvCache,
      int maxLora,
      int engines,
      double processStart,
      @Nullable Set<String> active,
      int deferred,
      Map<String, Double> idleSeconds,
      @Nullable LoadedAdapters loaded) {
    this(
        running,
        waiting,
        kvCache,
        maxLora,
        engines,
        processStart,
        active,
        deferred,
        idleSeconds,
        loaded,
        EngineSleep.UNKNOWN,
        0);
  }

  /** A load of which neither deferred requests nor idle times are reported. */
  public EndpointLoad(
      int running,
      int waiting,
      double kvCache,
      int maxLora,
      int engines,
      double processStart,
      @Nullable Set<String> active,
      @Nullable LoadedAdapters loaded) {
    this(running, waiting, kvCache, maxLora, engines, processStart, active, 0, Map.of(), loaded);
  }

  /**
   * Adapters by the level at which the server holds them ({@code vllm:lora_adapter_loaded}). An
   * adapter in a GPU slot is not repeated under {@code cpu} unless the server reports both levels.
   * Immutable.
   */
  public record LoadedAdapters(Set<String> gpu, Set<String> cpu) {}
}
