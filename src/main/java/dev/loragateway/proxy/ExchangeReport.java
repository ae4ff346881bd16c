package dev.loragateway.proxy;

import dev.loragateway.model.GatewayError;
import dev.loragateway.routing.Tier;
import org.jspecify.annotations.Nullable;

/**
 * How a request went. Times in nanoseconds; -1 for what did not happen. Immutable.
 *
 * @param pool the pool, or null when the model is unknown
 * @param model the model asked for, aliases resolved; null when it was not readable
 * @param status of the answer; 499 when the client left first
 * @param attempts dispatches to endpoints
 * @param queued time spent waiting for a place in the gateway; -1 when it never waited
 * @param overhead from the whole request received to its first dispatch written, without the wait
 *     for a place
 * @param firstByte from the whole request received to the first byte of the answer's body
 * @param duration from the whole request received to the end
 * @param inputTokens as the server counted, -1 when it did not tell
 * @param outputTokens as the server counted, -1 when it did not tell
 * @param streamed whether the answer came as events
 * @param asked what the client asked for
 * @param endpoint address of the last endpoint that it was sent to; null when there was none
 * @param tier of that dispatch
 * @param error that the gateway answered itself; null when it did not
 */
public record ExchangeReport(
    @Nullable String pool,
    @Nullable String model,
    int status,
    int attempts,
    long queued,
    long overhead,
    long firstByte,
    long duration,
    long inputTokens,
    long outputTokens,
    boolean streamed,
    Asked asked,
    @Nullable String endpoint,
    @Nullable Tier tier,
    @Nullable GatewayError error) {
  /**
   * What a client asked for. Immutable.
   *
   * @param id of the request
   * @param path as the gateway understood it, without a query
   * @param model as it was named; empty when none was
   * @param caller name of the key; null where nobody needs one
   */
  public record Asked(
      String id, String method, String path, String model, @Nullable String caller) {}
}
