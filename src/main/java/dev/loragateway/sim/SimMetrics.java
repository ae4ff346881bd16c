package dev.loragateway.sim;

import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * The metrics page, with the names, labels and habits of vLLM 0.32: gauges move at the end of a
 * step, {@code vllm:lora_requests_info} names the adapters that have produced a token and are not
 * finished, and keeps a series for each set of names there ever was. Thread-safe.
 */
final class SimMetrics {
  /**
   * The engine's queues at the end of a step. Immutable.
   *
   * @param running requests in the batch
   * @param capacity requests that wait for a place
   * @param deferred requests that wait because their adapter exceeds the batch's adapters
   * @param kvUse share of the KV cache in use, 0 to 1
   */
  record Gauges(int running, int capacity, int deferred, double kvUse) {}

  private final SimSettings settings;
  private final InstantSource clock;
  private final SimMetricsPage.Labels labels;
  private final Map<String, Integer> active = new LinkedHashMap<>();
  private final Map<String, Double> loraInfo = new LinkedHashMap<>();
  private SimMetricsPage.Counts counts = new SimMetricsPage.Counts();
  private Gauges gauges = new Gauges(0, 0, 0, 0);
  private double started;
  private double lastStamp;

  SimMetrics(SimSettings settings, InstantSource clock) {
    this.settings = settings;
    this.clock = clock;
    this.labels = SimMetricsPage.Labels.of(settings.baseModel());
    this.started = stamp();
  }

  /** The process was replaced by a new one. */
  synchronized void restarted() {
    active.clear();
    loraInfo.clear();
    counts = new SimMetricsPage.Counts();
    gauges = new Gauges(0, 0, 0, 0);
    started = stamp();
  }

  /** The queues changed without a step. */
  synchronized void gauges(Gauges now) {
    gauges = now;
  }

  /** A step ended. */
  synchronized void stepped(Gauges now) {
    gauges = now;
    loraInfo.put(String.join(",", active.keySet()), stamp());
  }

  synchronized void token(EngineRequest request, long now) {
    counts.generationTokens++;
    if (request.generated == 1) {
      request.firstToken = now;
      counts.promptTokens += request.promptTokens;
      counts.timeToFirstToken.observe(seconds(request.arrived, now));
      SimAdapter adapter = request.adapter;
      if (adapter != null) {
        active.merge(adapter.name(), 1, Integer::sum);
      }
    } else {
      counts.interTokenLatency.observe(seconds(request.lastToken, now));
    }
    request.lastToken = now;
  }

  /** A request left the engine; {@code reason} is one of vLLM's finish reasons. */
  synchronized void finished(EngineRequest request, String reason, long now) {
    counts.success.merge(reason, 1.0, Double::sum);
    SimAdapter adapter = request.adapter;
    if (adapter != null && request.generated > 0) {
      active.computeIfPresent(adapter.name(), (name, n) -> n == 1 ? null : n - 1);
    }
    if (!reason.equals("abort")) {
      counts.finished(request, seconds(request.arrived, now));
    }
  }

  synchronized void swapped(SimTraceEvent event) {
    if (event.event().equals("load")) {
      counts.adapterLoad.observe(event.ms() / 1e3);
    }
  }

  synchronized void answered(String handler, String method, int status) {
    String key =
        "handler=\"%s\",method=\"%s\",status=\"%dxx\"".formatted(handler, method, status / 100);
    counts.http.merge(key, 1.0, Double::sum);
  }

  /**
   * The page in the Prometheus text format.
   *
   * @param sleep the level at which the engine sleeps, or {@link SimSleep#AWAKE}
   */
  synchronized String page(SimWorker.Slots slots, int sleep) {
    SimMetricsPage page = new SimMetricsPage(labels, started);
    page.process();
    page.gauges(gauges);
    page.sleep(sleep);
    page.counts(counts);
    page.loraInfo(settings.maxLoras(), loraInfo);
    if (settings.reportsLoaded()) {
      page.loaded(slots, settings.maxLoras(), counts);
    }
    page.cacheConfig(settings.kvCacheTokens());
    page.http(new TreeMap<>(counts.http));
    return page.text();
  }

  private static double seconds(long from, long to) {
    return (to - from) / 1e9;
  }

  /** Now, and later than every stamp before: the newest series has the largest value. */
  private double stamp() {
    lastStamp = Math.max(UnixTime.seconds(clock.instant()), lastStamp + 1e-6);
    return lastStamp;
  }
}
