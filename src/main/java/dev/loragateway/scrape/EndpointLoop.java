package dev.loragateway.scrape;

import dev.loragateway.model.Endpoint;
import dev.loragateway.model.EndpointLoad;
import dev.loragateway.model.Health;
import dev.loragateway.model.ModelCard;
import dev.loragateway.openai.ModelList;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Asks one endpoint, over and over. Only {@code /health} decides whether it is up: metrics that
 * fail leave the load to go stale, and cause a look at the health. {@link #run} is confined to the
 * endpoint's virtual thread; the other methods are thread-safe.
 */
final class EndpointLoop implements Runnable {
  static final int HEALTH_LIMIT = 64 << 10;
  static final int METRICS_LIMIT = 8 << 20;
  static final int MODELS_LIMIT = 16 << 20;

  /** Late answers of {@code /health} in a row that mean that the server hangs. */
  private static final int LATE_PROBES = 3;

  /**
   * Loops wake up at multiples of this, in nanoseconds, since waking a thread costs about as much
   * as a scrape, and for several endpoints no more than for one.
   */
  private static final long WAKE_UPS = TimeUnit.MILLISECONDS.toNanos(10);

  private static final Logger log = LoggerFactory.getLogger(EndpointLoop.class);

  private final Endpoint endpoint;
  private final ScrapeClient client;
  private final ScrapeSink sink;
  private final ScrapeListener listener;

  private final Semaphore bell = new Semaphore(0);
  private final AtomicBoolean wakeAsked = new AtomicBoolean();
  private final AtomicBoolean settingsChanged = new AtomicBoolean();
  private volatile ScrapeSettings settings;
  private volatile Health health = Health.UNKNOWN;
  private volatile boolean stopped;

  private final Cadence cadence;
  private final Condition metrics;
  private boolean busy = true;
  private int lateProbes;

  private final ReentrantLock modelsLock = new ReentrantLock();
  private final Condition models; // guarded by modelsLock

  EndpointLoop(
      Endpoint endpoint,
      ScrapeSettings settings,
      ScrapeClient client,
      ScrapeSink sink,
      ScrapeListener listener,
      RandomGenerator random) {
    this.endpoint = endpoint;
    this.settings = settings;
    this.client = client;
    this.sink = sink;
    this.listener = listener;
    this.cadence = new Cadence(random, System.nanoTime());
    this.metrics = new Condition(endpoint.url("/metrics"));
    this.models = new Condition(endpoint.url("/v1/models"));
  }

  ScrapeSettings settings() {
    return settings;
  }

  /** Begins anew with other settings. */
  void update(ScrapeSettings next) {
    settings = next;
    settingsChanged.set(true);
    bell.release();
  }

  /** Asks for a health probe out of turn. */
  void wake() {
    if (!wakeAsked.getAndSet(true)) {
      bell.release();
    }
  }

  /** Lets nothing more be reported; the loop's thread is to be interrupted too. */
  void stop() {
    stopped = true;
  }

  /** Asks for the models now, unless the endpoint is down. */
  void refreshModels() {
    try {
      if (health != Health.DOWN) {
        askModels(settings);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      logBug(e);
    } finally {
      if (stopped) {
        client.forget(endpoint);
      }
    }
  }

  @Override
  public void run() {
    try {
      while (!stopped) {
        turn();
        pause();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      client.forget(endpoint);
    }
  }

  /** A bug in whoever takes in the reports must not leave the endpoint unwatched. */
  private void turn() throws InterruptedException {
    try {
      doWhatIsDue();
    } catch (RuntimeException e) {
      logBug(e);
      cadence.postpone(System.nanoTime(), settings);
    }
  }

  private void logBug(RuntimeException e) {
    log.error("{}: what a probe said was not taken in", endpoint.address(), e);
  }

  private void pause() throws InterruptedException {
    while (!stopped && !settingsChanged.get()) {
      long now = System.nanoTime();
      long delay = cadence.delay(now, health == Health.UP, wakeAsked.get());
      if (delay <= 0) {
        return;
      }
      long later = Math.floorMod(-(now + delay), WAKE_UPS);
      bell.tryAcquire(delay + later, TimeUnit.NANOSECONDS);
    }
  }

  private void doWhatIsDue() throws InterruptedException {
    long now = System.nanoTime();
    if (settingsChanged.getAndSet(false)) {
      cadence.restart(now);
    }
    ScrapeSettings current = settings;
    boolean probeDue = takeWake(now) || cadence.probeDue(now);
    if (health != Health.UP) {
      if (probeDue && isHealthy(current)) {
        rise(current);
      }
      return;
    }
    if (probeDue && !confirmUp(current)) {
      return;
    }
    if (cadence.modelsDue(now)) {
      cadence.modelsAsked(System.nanoTime(), current, askModels(current));
    }
    if (cadence.tickDue(now)) {
      tick(current);
    }
  }

  private boolean takeWake(long now) {
    if (!wakeAsked.get() || !cadence.wakeDue(now)) {
      return false;
    }
    wakeAsked.set(false);
    cadence.wokeUp(now);
    return true;
  }

  /** Requests may come as soon as the endpoint is up, so what decides about them comes first. */
  private void rise(ScrapeSettings current) throws InterruptedException {
    cadence.modelsAsked(System.nanoTime(), current, askModels(current));
    String problem = scrape(current);
    become(Health.UP, "/health answers");
    note(problem);
  }

  private void tick(ScrapeSettings current) throws InterruptedException {
    if (!cadence.scrapeDue(System.nanoTime(), busy || sink.inFlight(endpoint) > 0)) {
      cadence.skipped(System.nanoTime(), current);
      return;
    }
    String problem = scrape(current);
    if (problem == null || confirmUp(current)) {
      note(problem);
    }
  }

  private void note(@Nullable String problem) {
    if (problem == null) {
      metrics.succeeded();
    } else {
      metrics.failed(problem);
    }
  }

  private boolean confirmUp(ScrapeSettings current) throws InterruptedException {
    boolean healthy = isHealthy(current);
    if (healthy) {
      become(Health.UP, "/health answers");
    }
    return healthy;
  }

  /**
   * Probes the health; an endpoint that fails is down from here on. A busy server may be late: only
   * several late answers in a row count as a failure, or load alone would take every endpoint out.
   */
  private boolean isHealthy(ScrapeSettings current) throws InterruptedException {
    Answer answer = client.get(endpoint, "/health", current.timeout(), HEALTH_LIMIT);
    long now = System.nanoTime();
    if (answer instanceof Answer.Page page) {
      client.recycle(page);
    }
    if (!(answer instanceof Answer.Failed(String reason, boolean late))) {
      lateProbes = 0;
      cadence.probedUp(now, current);
      return true;
    }
    if (late && health == Health.UP && ++lateProbes < LATE_PROBES) {
      cadence.probedLate(now, current);
      return true;
    }
    lateProbes = 0;
    cadence.probedDown(now, current);
    become(Health.DOWN, reason);
    return false;
  }

  private void become(Health next, String reason) {
    if (stopped) {
      return;
    }
    boolean changed = health != next;
    health = next;
    sink.reportHealth(endpoint, next);
    if (changed) {
      log.atLevel(next == Health.UP ? Level.INFO : Level.WARN)
          .log("{} is {}: {}", endpoint.address(), next, reason);
      listener.healthChanged(endpoint, next);
    }
  }

  /** Short requests of others may all fall between two scrapes, but the server tells of them. */
  private static boolean isBusy(EndpointLoad load) {
    boolean used =
        load.idleSeconds().values().stream().anyMatch(idle -> idle * 1e9 < Cadence.LONGEST_IDLE);
    return used || load.running() > 0 || load.waiting() > 0;
  }

  /** Returns what went wrong, or null. */
  private @Nullable String scrape(ScrapeSettings current) throws InterruptedException {
    long start = System.nanoTime();
    sink.scrapeBegins(endpoint);
    double began = System.currentTimeMillis() / 1e3;
    Answer answer = client.get(endpoint, "/metrics", current.timeout(), METRICS_LIMIT);
    EndpointLoad load = answer instanceof Answer.Page page ? read(page, current, began) : null;
    long end = System.nanoTime();
    cadence.scraped(end, current);
    busy = load == null || isBusy(load);
    if (stopped) {
      return null;
    }
    if (load != null) {
      sink.report(endpoint, load);
    }
    listener.scraped(endpoint, end - start, load != null);
    if (answer instanceof Answer.Failed(String reason, boolean late)) {
      return reason;
    }
    return load == null ? "not a metrics page of " + current.engine() : null;
  }

  private @Nullable EndpointLoad read(Answer.Page page, ScrapeSettings current, double began) {
    EndpointLoad load = EngineMapping.of(current.engine()).map(page.bytes(), page.length(), began);
    client.recycle(page);
    return load;
  }

  /** Returns whether the endpoint told its models. */
  private boolean askModels(ScrapeSettings current) throws InterruptedException {
    modelsLock.lockInterruptibly();
    try {
      sink.modelsBegin(endpoint);
      Answer answer = client.get(endpoint, "/v1/models", current.timeout(), MODELS_LIMIT);
      List<ModelCard> cards =
          switch (answer) {
            case Answer.Failed(String reason, boolean late) -> {
              models.failed(reason);
              yield null;
            }
            case Answer.Page page -> parseModels(page);
          };
      if (cards == null) {
        return false;
      }
      models.succeeded();
      if (!stopped) {
        sink.reportModels(endpoint, cards);
      }
      return true;
    } finally {
      modelsLock.unlock();
    }
  }

  private @Nullable List<ModelCard> parseModels(Answer.Page page) {
    try {
      return ModelList.parse(page.exactBytes());
    } catch (IOException e) {
      models.failed("not a list of models: " + e.getMessage());
      return null;
    } finally {
      client.recycle(page);
    }
  }
}
