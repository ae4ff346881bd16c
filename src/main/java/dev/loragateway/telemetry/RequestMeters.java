package dev.loragateway.telemetry;

import dev.loragateway.proxy.ExchangeReport;
import dev.loragateway.routing.Tier;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** The meters that the requests to one pool move. Thread-safe. */
final class RequestMeters {
  private record Answered(String adapter, int status) {}

  private final Meters meters;
  private final String pool;
  private final Timer duration;
  private final Timer firstByte;
  private final Timer queued;
  private final Timer overhead;
  private final Counter input;
  private final Counter output;
  private final Map<Answered, Counter> answers = new ConcurrentHashMap<>();
  private final Map<Tier, Counter> picks = new ConcurrentHashMap<>();
  private final Map<String, Counter> hits = new ConcurrentHashMap<>();
  private final Map<String, Counter> misses = new ConcurrentHashMap<>();

  RequestMeters(Meters meters, String pool) {
    this.meters = meters;
    this.pool = pool;
    duration = serverTimer("request", "From the whole request to the end of the answer");
    firstByte =
        serverTimer("time_to_first_token", "From the whole request to the answer's first byte");
    queued = serverTimer("queue", "Time spent waiting for a place");
    overhead =
        meters.timer(
            "overhead",
            "From the whole request to its dispatch",
            Meters.OVERHEAD_BUCKETS,
            "pool",
            pool);
    input = tokens("input");
    output = tokens("output");
  }

  private Timer serverTimer(String name, String description) {
    return meters.timer(name, description, Meters.SERVER_BUCKETS, "pool", pool);
  }

  private Counter tokens(String direction) {
    return meters.counter(
        "tokens", "Tokens, as the servers counted them", "pool", pool, "direction", direction);
  }

  /** A request was sent to an endpoint. */
  void dispatched(String endpoint, Tier tier, boolean waited) {
    count(picks, waited ? Tier.QUEUE : tier, this::picks);
    if (tier == Tier.RESIDENT) {
      count(hits, endpoint, this::hits);
    } else if (tier == Tier.SWAP) {
      count(misses, endpoint, this::misses);
    }
  }

  /** A request is over. */
  void finished(ExchangeReport report, String adapter) {
    count(answers, new Answered(adapter, report.status()), this::answers);
    record(duration, report.duration());
    record(firstByte, report.firstByte());
    record(queued, report.queued());
    record(overhead, report.overhead());
    add(input, report.inputTokens());
    add(output, report.outputTokens());
  }

  private Counter picks(Tier tier) {
    return meters.counter(
        "picks",
        "Routing decisions, by the state that they found",
        "pool",
        pool,
        "tier",
        tier.label());
  }

  private Counter hits(String endpoint) {
    return meters.counter(
        "adapter_hits", "Dispatches to a resident adapter", "pool", pool, "endpoint", endpoint);
  }

  private Counter misses(String endpoint) {
    return meters.counter(
        "adapter_misses", "Dispatches that need a swap", "pool", pool, "endpoint", endpoint);
  }

  private Counter answers(Answered answered) {
    return meters.counter(
        "requests",
        "Requests, by the model asked for and the status answered",
        "pool",
        pool,
        "adapter",
        answered.adapter(),
        "code",
        Integer.toString(answered.status()));
  }

  private static <K> void count(Map<K, Counter> counters, K key, Function<K, Counter> maker) {
    Counter counter = counters.get(key);
    (counter != null ? counter : counters.computeIfAbsent(key, maker)).increment();
  }

  private static void record(Timer timer, long nanos) {
    if (nanos >= 0) {
      timer.record(nanos, TimeUnit.NANOSECONDS);
    }
  }

  private static void add(Counter counter, long tokens) {
    if (tokens > 0) {
      counter.increment((double) tokens);
    }
  }
}
