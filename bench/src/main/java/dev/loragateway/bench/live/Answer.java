package dev.loragateway.bench.live;

import org.jspecify.annotations.Nullable;

/**
 * What a client got. Immutable.
 *
 * @param firstTokenMs from when the request was due to the first event of its answer
 * @param heldMs how long the gateway held it in its queue; 0 = not at all
 * @param attempts that the gateway took
 * @param failure what is wrong with the answer; null = status 200 and every token arrived
 */
record Answer(double firstTokenMs, long heldMs, int attempts, @Nullable String failure) {
  static Answer failed(String failure) {
    return new Answer(Double.NaN, 0, 0, failure);
  }
}
