package dev.loragateway.config;

import dev.loragateway.registry.ScalingSettings;

/** Reads how full the endpoints of a pool are meant to be. Stateless. */
final class ScalingReader {
  private ScalingReader() {}

  static ScalingSettings read(Section scaling) {
    ScalingSettings defaults = ScalingSettings.DEFAULTS;
    return new ScalingSettings(
        scaling.value("utilization", Quantities.percentage(1), defaults.utilizationPercent()),
        scaling.value("swapTime", Quantities.percentage(1), defaults.swapTimePercent()));
  }
}
