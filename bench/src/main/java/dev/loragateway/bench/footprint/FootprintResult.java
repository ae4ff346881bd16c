package dev.loragateway.bench.footprint;

import dev.loragateway.bench.overhead.Machine;
import java.util.List;

/**
 * What was measured. Immutable.
 *
 * @param date when
 * @param command that measured it
 * @param machine where
 * @param gateway its version
 * @param javaOptions given to its JVM beside its own
 * @param startMillis from exec until ready, of each start
 * @param idle after half a minute without a request
 * @param rate requests per second that were sent
 * @param answered requests
 * @param failed requests
 * @param samples while requests came
 */
record FootprintResult(
    String date,
    String command,
    Machine machine,
    String gateway,
    String javaOptions,
    List<Long> startMillis,
    Sample idle,
    int rate,
    long answered,
    long failed,
    List<Sample> samples) {
  FootprintResult {
    startMillis = List.copyOf(startMillis);
    samples = List.copyOf(samples);
  }

  long startMedian() {
    return startMillis.stream().sorted().toList().get(startMillis.size() / 2);
  }

  long mostRss() {
    return samples.stream().mapToLong(Sample::rss).max().orElse(0);
  }

  /** Over the second half. */
  Slope slope() {
    return Slope.of(samples.subList(samples.size() / 2, samples.size()));
  }
}
