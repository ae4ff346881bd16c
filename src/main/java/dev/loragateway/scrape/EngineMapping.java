package dev.loragateway.scrape;

import dev.loragateway.model.EndpointLoad;
import org.jspecify.annotations.Nullable;

/** What the metrics of one kind of model server mean. Thread-safe. */
public sealed interface EngineMapping permits VllmMapping, SglangMapping {
  /** The mapping of that engine. */
  static EngineMapping of(Engine engine) {
    return switch (engine) {
      case VLLM -> VllmMapping.INSTANCE;
      case SGLANG -> SglangMapping.INSTANCE;
    };
  }

  /**
   * Reads a metrics page. Values that cannot be are brought into range, or count as not reported.
   *
   * @param page the page, UTF-8
   * @param length number of bytes of {@code page} that belong to the page
   * @param now Unix time in seconds at which the page was asked for
   * @return the load, or null when the page tells neither running nor waiting requests: it is not a
   *     page of this engine
   */
  @Nullable EndpointLoad map(byte[] page, int length, double now);
}
