package dev.loragateway.scrape;

import dev.loragateway.model.Endpoint;
import dev.loragateway.model.Health;

/** Observes the scraper, for telemetry. Called on its virtual threads; has to be thread-safe. */
public interface ScrapeListener {
  /** Observes nothing. */
  ScrapeListener NONE = new ScrapeListener() {};

  /**
   * A metrics page was asked for.
   *
   * @param nanos time from the request to the mapped page, or to the failure
   * @param ok whether the page told the load
   */
  default void scraped(Endpoint endpoint, long nanos, boolean ok) {}

  /** A health probe said something else than the one before it; also called for the first one. */
  default void healthChanged(Endpoint endpoint, Health health) {}
}
