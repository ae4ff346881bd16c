package dev.loragateway.proxy;

import dev.loragateway.access.Caller;
import dev.loragateway.access.RateLimiter;
import dev.loragateway.access.RateLimiter.Left;
import dev.loragateway.access.RateLimiter.Reservation;
import dev.loragateway.access.RateLimiter.Verdict;
import dev.loragateway.openai.SseUsage;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What one exchange takes of its caller's limits: reserved by an estimate before it is sent,
 * settled by what it used. Confined to the downstream event loop.
 */
final class Quota {
  /** English text has about four bytes in a token. */
  private static final int BYTES_PER_TOKEN = 4;

  private final RateLimiter limiter;
  private final @Nullable Caller caller;
  private final long promptTokens;
  private final long outputTokens;
  private @Nullable Reservation reservation;

  /**
   * Makes one that has taken nothing.
   *
   * @param outputTokens the most that the client asks for, or what an answer is expected to have
   */
  Quota(RateLimiter limiter, @Nullable Caller caller, int bodyBytes, long outputTokens) {
    this.limiter = limiter;
    this.caller = caller;
    this.promptTokens = bodyBytes / BYTES_PER_TOKEN;
    this.outputTokens = outputTokens;
  }

  /** Takes the request's part, once; returns why not, or null. */
  @Nullable Rejection take() {
    if (caller == null || reservation != null) {
      return null;
    }
    return switch (limiter.admit(caller, promptTokens + outputTokens)) {
      case Verdict.Admitted admitted -> {
        reservation = admitted.reservation();
        yield null;
      }
      case Verdict.Refused(String limit, Duration retryAfter) ->
          Rejection.overLimit(caller.name(), limit, retryAfter);
    };
  }

  /**
   * Settles what was used.
   *
   * @param usage what the server counted, or null
   * @param pieces pieces of an answer that went to the client; without a count each is a token
   * @param answered whether the server began an answer that went well
   */
  void settle(SseUsage.@Nullable Usage usage, int pieces, boolean answered) {
    if (reservation == null) {
      return;
    }
    if (usage != null) {
      long input = usage.input() >= 0 ? usage.input() : promptTokens;
      reservation.settle(input + usage.output());
    } else {
      reservation.settle(answered ? promptTokens + pieces : 0);
    }
  }

  /** Adds what is left, in OpenAI's headers. */
  void show(HttpHeaders headers) {
    if (caller == null) {
      return;
    }
    if (caller.limits().requestsPerMinute() > 0) {
      show(headers, "requests", limiter.requests(caller));
    }
    if (caller.limits().tokensPerMinute() > 0) {
      show(headers, "tokens", limiter.tokens(caller));
    }
  }

  private static void show(HttpHeaders headers, String what, Left left) {
    headers.set("x-ratelimit-limit-" + what, Long.toString(left.limit()));
    headers.set("x-ratelimit-remaining-" + what, Long.toString(left.remaining()));
    headers.set("x-ratelimit-reset-" + what, left.reset().toMillis() + "ms");
  }
}
