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

  /** Counters of an adapter's tokens. */
  private record Tokens(Counter input, Counter output) {}

  private static final String INPUT = "input";
  private static final String OUTPUT = "output";

  private final Meters meters;
  private final String pool;
  private final Timer duration;
  private final Timer firstByte;
  private final Timer interToken;
  private final Timer queued;
  private final Timer overhead;
  private final Counter input;
  private final Counter output;
  private final Map<Answered, Counter> answers = new ConcurrentHashMap<>();
  private final Map<String, Tokens> tokens = new ConcurrentHashMap<>();
  private final Map<Tier, Counter> picks = new ConcurrentHashMap<>();
  private final Map<String, Counter> hits = new ConcurrentHashMap<>();
  private final Map<String, Counter> misses = new ConcurrentHashMap<>();

  RequestMeters(Meters meters, String pool) {
    this.meters = meters;
    this.pool = pool;
    duration = meters.timer(Metric.REQUEST_TIME, pool);
    firstByte = meters.timer(Metric.FIRST_TOKEN_TIME, pool);
    interToken = meters.timer(Metric.INTER_TOKEN_TIME, pool);
    queued = meters.timer(Metric.QUEUE_TIME, pool);
    overhead = meters.timer(Metric.OVERHEAD, pool);
    input = meters.counter(Metric.TOKENS, pool, INPUT);
    output = meters.counter(Metric.TOKENS, pool, OUTPUT);
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
    record(interToken, interToken(report));
    if (report.inputTokens() > 0 || report.outputTokens() > 0) {
      Tokens own = tokens.computeIfAbsent(adapter, this::tokens);
      add(input, own.input(), report.inputTokens());
      add(output, own.output(), report.outputTokens());
    }
  }

  private Counter picks(Tier tier) {
    return meters.counter(Metric.PICKS, pool, tier.label());
  }

  private Counter hits(String endpoint) {
    return meters.counter(Metric.HITS, pool, endpoint);
  }

  private Counter misses(String endpoint) {
    return meters.counter(Metric.MISSES, pool, endpoint);
  }

  private Counter answers(Answered answered) {
    return meters.counter(
        Metric.REQUESTS, pool, answered.adapter(), Integer.toString(answered.status()));
  }

  private Tokens tokens(String adapter) {
    return new Tokens(
        meters.counter(Metric.ADAPTER_TOKENS, pool, adapter, INPUT),
        meters.counter(Metric.ADAPTER_TOKENS, pool, adapter, OUTPUT));
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

  private static long interToken(ExchangeReport report) {
    return report.streamed() && report.status() == 200 && report.outputTokens() > 1
        ? (report.duration() - report.firstByte()) / (report.outputTokens() - 1)
        : -1;
  }

  private static void add(Counter all, Counter own, long tokens) {
    if (tokens > 0) {
      all.increment((double) tokens);
      own.increment((double) tokens);
    }
  }
}
