package dev.loragateway.proxy;

import dev.loragateway.model.GatewayError;
import org.jspecify.annotations.Nullable;

/**
 * The times of one exchange, in nanoseconds: what its report says of them, and which timeout has
 * passed. Confined to the downstream event loop.
 */
final class ExchangeTimes {
  private final long receivedAt;
  private ProxySettings.Answer timeouts;
  private long overhead = -1;
  private long firstByte = -1;

  /** Counts from when the whole request was received. */
  ExchangeTimes(long receivedAt, ProxySettings.Answer timeouts) {
    this.receivedAt = receivedAt;
    this.timeouts = timeouts;
  }

  /** From now on these hold. */
  void bound(ProxySettings.Answer by) {
    timeouts = by;
  }

  /** The request was written upstream; only the first time counts, without the wait for a place. */
  void sent(long waited) {
    if (overhead < 0) {
      overhead = sinceReceived() - waited;
    }
  }

  /** A byte of the answer's body came; only the first time counts. */
  void answered() {
    if (firstByte < 0) {
      firstByte = sinceReceived();
    }
  }

  /** The gateway's own part before the request was written upstream, -1 when it never was. */
  long overhead() {
    return overhead;
  }

  /** From the whole request to the first byte of an answer's body, -1 when there was none. */
  long firstByte() {
    return firstByte;
  }

  /** From the whole request until now. */
  long sinceReceived() {
    return System.nanoTime() - receivedAt;
  }

  /**
   * Says which timeout has passed; null when none has.
   *
   * @param attempt the current one, or null between two
   * @param committed whether the head of its answer went downstream
   * @param lastSent when the client last took something
   */
  @Nullable Rejection late(long now, @Nullable Attempt attempt, boolean committed, long lastSent) {
    if (DownstreamHandler.passed(now - receivedAt, timeouts.total())) {
      return new Rejection(
          GatewayError.TOTAL_TIMEOUT, "the answer was not complete in time (timeouts.total)");
    }
    if (attempt == null) {
      return null;
    }
    if (!committed) {
      return DownstreamHandler.passed(now - attempt.startedAt(), timeouts.firstByte())
          ? new Rejection(
              GatewayError.FIRST_BYTE_TIMEOUT,
              "the model server did not begin its answer in time (timeouts.firstByte)")
          : null;
    }
    long quiet = now - Math.max(attempt.lastActivity(), lastSent);
    return DownstreamHandler.passed(quiet, timeouts.idle())
        ? new Rejection(
            GatewayError.IDLE_TIMEOUT, "the answer stood still for too long (timeouts.idle)")
        : null;
  }
}
