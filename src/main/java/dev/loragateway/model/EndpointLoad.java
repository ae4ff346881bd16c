package dev.loragateway.model;

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
 * @param loaded the adapters that the server itself reports as loaded, or null when it does not
 *     report residency
 */
public record EndpointLoad(
    int running,
    int waiting,
    double kvCache,
    int maxLora,
    int engines,
    double processStart,
    @Nullable Set<String> active,
    @Nullable LoadedAdapters loaded) {

  /**
   * Adapters by the level at which the server holds them ({@code vllm:lora_adapter_loaded}). An
   * adapter in a GPU slot is not repeated under {@code cpu} unless the server reports both levels.
   * Immutable.
   */
  public record LoadedAdapters(Set<String> gpu, Set<String> cpu) {}
}
