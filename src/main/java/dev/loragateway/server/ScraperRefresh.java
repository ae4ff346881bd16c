package dev.loragateway.server;

import dev.loragateway.model.Endpoint;
import dev.loragateway.proxy.ModelRefresh;
import dev.loragateway.scrape.EndpointScraper;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * Lets the path of a request ask the scrapes for more. Clients that ask for ever new unknown names
 * cause at most five refreshes a second. Thread-safe.
 */
final class ScraperRefresh implements ModelRefresh {
  private static final long YOUNG = TimeUnit.MILLISECONDS.toNanos(200);

  private final EndpointScraper scraper;
  private volatile long refreshedAt = System.nanoTime() - YOUNG;

  ScraperRefresh(EndpointScraper scraper) {
    this.scraper = scraper;
  }

  @Override
  public CompletionStage<?> refresh() {
    if (System.nanoTime() - refreshedAt < YOUNG) {
      return CompletableFuture.completedFuture(null);
    }
    return scraper.refreshModels().thenRun(() -> refreshedAt = System.nanoTime());
  }

  @Override
  public void probe(Endpoint endpoint) {
    scraper.wake(endpoint);
  }
}
