package dev.loragateway.access;

/**
 * How much a key may use; 0 = no limit. Immutable.
 *
 * @param requestsPerMinute requests, evenly refilled; a whole minute's may come at once
 * @param tokensPerMinute tokens of prompts and answers together, the same
 * @param parallel requests at once
 */
public record RateLimits(int requestsPerMinute, long tokensPerMinute, int parallel) {
  public static final RateLimits NONE = new RateLimits(0, 0, 0);
}
