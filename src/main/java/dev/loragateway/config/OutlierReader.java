package dev.loragateway.config;

import dev.loragateway.registry.OutlierSettings;
import java.time.Duration;

/** Reads when endpoints of a pool that fail are ejected. Stateless. */
final class OutlierReader {
  private static final Duration HOUR = Duration.ofHours(1);

  private OutlierReader() {}

  static OutlierSettings read(Section section) {
    int before = section.faults();
    OutlierSettings defaults = OutlierSettings.DEFAULTS;
    Format<Duration> time = Quantities.duration(Duration.ofMillis(1), HOUR);
    OutlierSettings settings =
        new OutlierSettings(
            section.value(
                "consecutiveErrors", Quantities.integer(0, 1000), defaults.consecutiveErrors()),
            section.value("ejectionTime", time, defaults.ejectionTime()),
            section.value("maxEjectionTime", time, defaults.maxEjectionTime()),
            section.value("maxEjected", Quantities.percentage(0), defaults.maxEjectedPercent()),
            section.value("slowStart", Quantities.durationOrOff(HOUR), defaults.slowStart()));
    if (section.faults() == before
        && settings.maxEjectionTime().compareTo(settings.ejectionTime()) < 0) {
      section.fault(
          section.has("maxEjectionTime") ? "maxEjectionTime" : "ejectionTime",
          "maxEjectionTime %s is below ejectionTime %s (expected: at least as long)"
              .formatted(
                  Quantities.show(settings.maxEjectionTime()),
                  Quantities.show(settings.ejectionTime())));
    }
    return settings;
  }
}
