package dev.loragateway.bench.discovery;

import dev.loragateway.bench.discovery.Change.Kind;
import java.util.List;

/**
 * What was measured. Immutable.
 *
 * @param server the API server's version, and where it is
 * @param cold the first look of a JVM that has just started
 * @param warm that of one that has called the API server thousands of times
 * @param quietReading CPU over a quiet period, pods not written to
 * @param quietWriting the same with pods written to, had they changed
 * @param writing pods
 * @param changes in their order, without the warm-up
 */
record DiscoveryResult(
    String server,
    Sync cold,
    Sync warm,
    Quiet quietReading,
    Quiet quietWriting,
    Writing writing,
    List<Change> changes) {
  DiscoveryResult {
    changes = List.copyOf(changes);
  }

  /** A quantile of the milliseconds from the API server's answer until the change was told. */
  double told(Kind kind, double quantile) {
    double[] sorted =
        changes.stream()
            .filter(change -> change.kind() == kind)
            .mapToDouble(change -> change.delay().toldMs())
            .sorted()
            .toArray();
    int at = (int) Math.ceil(quantile * sorted.length) - 1;
    return sorted.length == 0 ? Double.NaN : sorted[Math.clamp(at, 0, sorted.length - 1)];
  }

  /** The median of the milliseconds that the API server took to answer. */
  double updated(Kind kind) {
    double[] sorted =
        changes.stream()
            .filter(change -> change.kind() == kind)
            .mapToDouble(change -> change.delay().updateMs())
            .sorted()
            .toArray();
    return sorted.length == 0 ? Double.NaN : sorted[(sorted.length - 1) / 2];
  }
}
