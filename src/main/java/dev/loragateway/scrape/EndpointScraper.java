package dev.loragateway.scrape;

import dev.loragateway.model.Endpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Asks every endpoint how it fares: {@code /health}, {@code /v1/models} and {@code /metrics}, each
 * endpoint on a virtual thread of its own, so that a slow one delays itself alone. No method but
 * {@link #close} blocks. Thread-safe.
 */
public final class EndpointScraper implements AutoCloseable {
  private final ScrapeSink sink;
  private final ScrapeListener listener;
  private final RandomGenerator random;
  private final ScrapeClient client = new ScrapeClient();
  private final ExecutorService workers =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("scrape-", 0).factory());
  private final Map<Endpoint, Scraping> scrapings = new ConcurrentHashMap<>();
  private final AtomicReference<@Nullable CompletableFuture<Void>> refresh =
      new AtomicReference<>();

  /** The loop of an endpoint, and what it runs in. */
  private record Scraping(EndpointLoop loop, Future<?> run) {
    Scraping with(ScrapeSettings settings) {
      if (!loop.settings().equals(settings)) {
        loop.update(settings);
      }
      return this;
    }

    void stop() {
      loop.stop();
      run.cancel(true);
    }
  }

  /**
   * A scraper without endpoints.
   *
   * @param random spreads the scrapes; has to be thread-safe
   */
  public EndpointScraper(ScrapeSink sink, ScrapeListener listener, RandomGenerator random) {
    this.sink = sink;
    this.listener = listener;
    this.random = random;
  }

  /**
   * Asks the endpoint from now on, first at once. One that is asked already only gets the settings.
   * Does nothing once the scraper is closed.
   */
  public void start(Endpoint endpoint, ScrapeSettings settings) {
    scrapings.compute(
        endpoint, (key, known) -> known == null ? begin(key, settings) : known.with(settings));
  }

  private @Nullable Scraping begin(Endpoint endpoint, ScrapeSettings settings) {
    EndpointLoop loop = new EndpointLoop(endpoint, settings, client, sink, listener, random);
    try {
      return new Scraping(loop, workers.submit(loop));
    } catch (RejectedExecutionException e) {
      return null;
    }
  }

  /** Gives other settings to an endpoint that was started; everything is asked anew with them. */
  public void update(Endpoint endpoint, ScrapeSettings settings) {
    scrapings.computeIfPresent(endpoint, (key, known) -> known.with(settings));
  }

  /** Asks the endpoint no more. A report that is under way may still reach the sink. */
  public void stop(Endpoint endpoint) {
    Scraping known = scrapings.remove(endpoint);
    if (known != null) {
      known.stop();
    }
  }

  /**
   * Has the endpoint's health probed now, as after a failed connect. Calls in quick succession
   * count as one, and there is no more than one such probe in 100 ms.
   */
  public void wake(Endpoint endpoint) {
    Scraping known = scrapings.get(endpoint);
    if (known != null) {
      known.loop().wake();
    }
  }

  /**
   * Asks every endpoint that is not down for its models now. Callers that come while that is going
   * on share it.
   *
   * @return completes, on any thread and never exceptionally, when all have answered or failed, or
   *     the scrape timeout has passed
   */
  public CompletableFuture<Void> refreshModels() {
    CompletableFuture<Void> mine = new CompletableFuture<>();
    CompletableFuture<Void> running = refresh.compareAndExchange(null, mine);
    if (running != null) {
      return running.copy();
    }
    List<CompletableFuture<Void>> answers = new ArrayList<>();
    Duration timeout = Duration.ZERO;
    for (Scraping known : scrapings.values()) {
      Duration its = known.loop().settings().timeout();
      timeout = its.compareTo(timeout) > 0 ? its : timeout;
      answers.add(askModels(known.loop()));
    }
    CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
        .completeOnTimeout(null, timeout.toNanos(), TimeUnit.NANOSECONDS)
        .whenComplete(
            (nothing, failure) -> {
              refresh.set(null);
              mine.complete(null);
            });
    return mine.copy();
  }

  private CompletableFuture<Void> askModels(EndpointLoop loop) {
    try {
      return CompletableFuture.runAsync(loop::refreshModels, workers);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.completedFuture(null);
    }
  }

  /** Stops every endpoint and waits until all threads have ended. */
  @Override
  public void close() {
    workers.shutdown();
    scrapings.values().forEach(Scraping::stop);
    scrapings.clear();
    workers.shutdownNow();
    workers.close();
    client.close();
  }
}
