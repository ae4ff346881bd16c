package dev.loragateway.proxy;

import dev.loragateway.access.AccessSettings;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Limits and timeouts of the path of a request. Immutable.
 *
 * @param timeouts how long each phase may take
 * @param retries how often and how much is retried
 * @param limits how much is accepted
 * @param headers which response headers are added
 * @param access who may use the gateway
 */
public record ProxySettings(
    Timeouts timeouts, Retries retries, Limits limits, Headers headers, AccessSettings access) {
  public static final ProxySettings DEFAULTS =
      new ProxySettings(
          Timeouts.DEFAULTS, Retries.DEFAULTS, Limits.DEFAULTS, Headers.ALL, AccessSettings.OPEN);

  /**
   * How long each phase may take; zero switches that timeout off.
   *
   * @param answer of an answer, unless the next two say otherwise
   * @param pools what differs for a pool, by its name
   * @param routes what differs for a path; goes before the pool's
   * @param requestHeader from the first byte of a request to the end of its headers
   * @param requestBody from there to the end of its body
   * @param keepAlive how long an idle client connection is kept
   */
  public record Timeouts(
      Answer answer,
      Map<String, Differing> pools,
      Map<String, Differing> routes,
      Duration requestHeader,
      Duration requestBody,
      Duration keepAlive) {
    public static final Timeouts DEFAULTS =
        new Timeouts(
            Answer.DEFAULTS,
            Map.of(),
            Map.of(),
            Duration.ofSeconds(10),
            Duration.ofMinutes(5),
            Duration.ofMinutes(5));

    public Timeouts {
      pools = Map.copyOf(pools);
      routes = Map.copyOf(routes);
    }

    /** What holds for an answer of a pool to a request of a path. */
    Answer answer(String pool, String path) {
      Differing ofPool = pools.get(pool);
      Differing ofPath = routes.get(path);
      Answer result = ofPool == null ? answer : ofPool.on(answer);
      return ofPath == null ? result : ofPath.on(result);
    }
  }

  /**
   * How long an answer may take.
   *
   * @param firstByte from the dispatch to the first byte of its body
   * @param idle between two reads once it has begun, and between two reads of a request
   * @param total from the whole request to the whole answer, retries included
   */
  public record Answer(Duration firstByte, Duration idle, Duration total) {
    public static final Answer DEFAULTS =
        new Answer(Duration.ofMinutes(10), Duration.ofMinutes(2), Duration.ofMinutes(30));
  }

  /** The same where only some differ; the others are null. */
  public record Differing(
      @Nullable Duration firstByte, @Nullable Duration idle, @Nullable Duration total) {
    /** The others as they are there. */
    public Answer on(Answer base) {
      return new Answer(
          firstByte == null ? base.firstByte() : firstByte,
          idle == null ? base.idle() : idle,
          total == null ? base.total() : total);
    }
  }

  /**
   * How often a request is tried again.
   *
   * @param max retries per request, 0 = none
   * @param budgetPercent retries under way at once, as a percentage of the pool's active requests;
   *     never below 3
   * @param statuses answers by which a server says that it has not taken the request
   * @param backoff longest pause before the first retry that counts against the budget; it doubles
   * @param maxBackoff longest pause before any
   */
  public record Retries(
      int max, int budgetPercent, Set<Integer> statuses, Duration backoff, Duration maxBackoff) {
    public static final Retries DEFAULTS =
        new Retries(2, 20, Set.of(503), Duration.ofMillis(25), Duration.ofMillis(250));

    public Retries {
      statuses = Set.copyOf(statuses);
    }
  }

  /**
   * How much is accepted.
   *
   * @param body largest request body in bytes
   * @param buffered largest sum of request bodies held at once, in bytes
   * @param connections client connections at once
   * @param requests requests at once, those that wait included
   * @param memory share of the heap, and of the memory for buffers outside of it, that may be in
   *     use, above 0, up to 1
   * @param shedFrom share of {@code buffered}, {@code requests} and {@code memory} from which on
   *     requests are refused by their priority class, above 0, up to 1
   */
  public record Limits(
      long body, long buffered, int connections, int requests, double memory, double shedFrom) {
    public static final Limits DEFAULTS =
        new Limits(64L << 20, 128L << 20, 20_000, 20_000, 0.9, 0.8);
  }

  /** Which of the gateway's own response headers are sent. */
  public record Headers(
      boolean requestId,
      boolean endpoint,
      boolean tier,
      boolean attempts,
      boolean queueMs,
      boolean rateLimit,
      boolean explain) {
    public static final Headers ALL = new Headers(true, true, true, true, true, true, true);

    /** Those that say which endpoint served the request, and why, are left out. */
    Headers withoutDetails() {
      return new Headers(requestId, false, false, false, false, rateLimit, false);
    }
  }
}
