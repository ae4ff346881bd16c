package dev.loragateway.proxy;

import java.time.Duration;

/**
 * Limits and timeouts of the path of a request. Immutable.
 *
 * @param timeouts how long each phase may take
 * @param retries how often and how much is retried
 * @param limits how much is accepted
 * @param headers which response headers are added
 */
public record ProxySettings(Timeouts timeouts, Retries retries, Limits limits, Headers headers) {
  public static final ProxySettings DEFAULTS =
      new ProxySettings(Timeouts.DEFAULTS, Retries.DEFAULTS, Limits.DEFAULTS, Headers.ALL);

  /**
   * How long each phase may take; zero switches that timeout off.
   *
   * @param firstByte from the dispatch to the first byte of the answer's body
   * @param idle between two reads of an answer that has begun, and between two reads of a request
   * @param total from the whole request to the whole answer, retries included
   * @param keepAlive how long an idle client connection is kept
   */
  public record Timeouts(Duration firstByte, Duration idle, Duration total, Duration keepAlive) {
    public static final Timeouts DEFAULTS =
        new Timeouts(
            Duration.ofMinutes(10),
            Duration.ofMinutes(2),
            Duration.ofMinutes(30),
            Duration.ofMinutes(5));
  }

  /**
   * How often a request is tried again.
   *
   * @param max retries per request, 0 = none
   * @param budgetPercent retries under way at once, as a percentage of the pool's active requests;
   *     never below 3
   */
  public record Retries(int max, int budgetPercent) {
    public static final Retries DEFAULTS = new Retries(2, 20);
  }

  /**
   * How much is accepted.
   *
   * @param body largest request body in bytes
   * @param buffered largest sum of request bodies held at once, in bytes
   * @param connections client connections at once
   */
  public record Limits(long body, long buffered, int connections) {
    public static final Limits DEFAULTS = new Limits(64L << 20, 128L << 20, 20_000);
  }

  /** Which of the gateway's own response headers are sent. */
  public record Headers(
      boolean requestId, boolean endpoint, boolean tier, boolean attempts, boolean queueMs) {
    public static final Headers ALL = new Headers(true, true, true, true, true);
  }
}
