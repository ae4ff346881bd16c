package dev.loragateway.registry;

/**
 * What traffic taught about the speed of one endpoint, as exponential moving averages in
 * milliseconds. Thread-safe: two updates at once may lose one of them, which an average survives.
 */
public final class LearnedTimes {
  private static final double WEIGHT = 0.1;

  /** A swap's first samples replace its assumed start value faster. */
  private static final double SWAP_WEIGHT = 0.25;

  /** Longest swap believed, in milliseconds: anything above is something else. */
  private static final double MAX_SWAP = 60_000;

  /** A whole answer that is shorter is mostly prefill, and says little about the time per token. */
  private static final int TELLING_TOKENS = 16;

  private volatile double tokenTime;
  private volatile double outputTokens;
  private volatile double cpuSwap;
  private volatile double diskSwap;
  private volatile double firstToken = Double.NaN;
  private volatile double wholePerToken = Double.NaN;

  LearnedTimes(RoutingSettings start) {
    tokenTime = millis(start.tokenTime());
    outputTokens = start.outputTokens();
    cpuSwap = millis(start.cpuSwap());
    diskSwap = millis(start.diskSwap());
  }

  private static double millis(java.time.Duration duration) {
    return duration.toNanos() / 1e6;
  }

  /** Time per output token, ms. */
  public double tokenTime() {
    return tokenTime;
  }

  /** Output tokens per request. */
  public double outputTokens() {
    return outputTokens;
  }

  /** A whole answer, ms. */
  public double answer() {
    return outputTokens * tokenTime;
  }

  /** A swap from host memory to a GPU slot, ms. */
  public double cpuSwap() {
    return cpuSwap;
  }

  /** A load from disk to a GPU slot, ms. */
  public double diskSwap() {
    return diskSwap;
  }

  /**
   * Takes in a streamed answer.
   *
   * @param resident whether the adapter was in a GPU slot, so that no swap was in the way
   * @param firstMillis from dispatch to the first byte
   * @param restMillis from the first byte to the last
   * @param tokens output tokens, at least 1
   */
  public void streamed(boolean resident, double firstMillis, double restMillis, int tokens) {
    outputTokens = average(outputTokens, tokens, WEIGHT);
    if (tokens > 1) {
      tokenTime = average(tokenTime, restMillis / (tokens - 1), WEIGHT);
    }
    if (resident) {
      firstToken = average(firstToken, firstMillis, WEIGHT);
    }
  }

  /** Takes in an answer that came whole after {@code millis}. */
  public void whole(boolean resident, double millis, int tokens) {
    outputTokens = average(outputTokens, tokens, WEIGHT);
    if (resident) {
      if (tokens >= TELLING_TOKENS) {
        tokenTime = average(tokenTime, millis / tokens, WEIGHT);
      }
      wholePerToken = average(wholePerToken, millis / tokens, WEIGHT);
    }
  }

  /**
   * Learns a swap as the time by which an answer with a swap was later than answers without one.
   *
   * @param fromDisk whether the adapter was in neither LRU
   * @param millis from dispatch to the first byte
   * @param wholeTokens output tokens of an answer that came whole; 0 for a streamed one
   * @return the sample in milliseconds, or NaN when nothing is known to compare with
   */
  public double swapped(boolean fromDisk, double millis, int wholeTokens) {
    double expected = wholeTokens == 0 ? firstToken : wholePerToken * wholeTokens;
    double sample = Math.clamp(millis - expected, 0, MAX_SWAP);
    if (Double.isNaN(expected)) {
      return Double.NaN;
    }
    if (fromDisk) {
      diskSwap = average(diskSwap, sample, SWAP_WEIGHT);
    } else {
      cpuSwap = average(cpuSwap, sample, SWAP_WEIGHT);
    }
    return sample;
  }

  private static double average(double old, double sample, double weight) {
    return Double.isNaN(old) ? sample : old + weight * (sample - old);
  }
}
