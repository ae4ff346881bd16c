package dev.loragateway.bench.overhead;

import java.util.Map;

/**
 * What one proxy did in one round. Immutable.
 *
 * @param proxy its name
 * @param round from 0
 * @param figures what was measured; those that do not apply are missing
 */
record Turn(String proxy, int round, Map<Figure, Double> figures) {
  Turn {
    figures = Map.copyOf(figures);
  }
}
