package dev.loragateway.scrape;

import java.time.Duration;

/**
 * How the endpoints of a pool are asked how they fare. Immutable.
 *
 * @param interval time between two scrapes of a busy endpoint; an idle one is scraped a quarter as
 *     often
 * @param timeout how long one answer may take, body included
 * @param modelsInterval time between two looks at {@code /v1/models} and {@code /health}
 * @param engine whose metric names the servers use
 */
public record ScrapeSettings(
    Duration interval, Duration timeout, Duration modelsInterval, Engine engine) {
  public static final ScrapeSettings DEFAULTS =
      new ScrapeSettings(
          Duration.ofMillis(500), Duration.ofSeconds(1), Duration.ofSeconds(3), Engine.VLLM);
}
