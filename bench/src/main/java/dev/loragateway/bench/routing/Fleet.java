package dev.loragateway.bench.routing;

import java.util.List;

/**
 * The model servers of a run.
 *
 * @param endpoints how many
 * @param slots GPU slots for adapters of each
 * @param adapters registered at each
 */
record Fleet(int endpoints, int slots, int adapters) {
  static final Fleet SMALL = of(4, 4);
  static final Fleet LARGE = of(16, 8);
  static final List<Fleet> STANDARD = List.of(SMALL, LARGE);

  /** With four adapters for each GPU slot of the fleet. */
  static Fleet of(int endpoints, int slots) {
    return new Fleet(endpoints, slots, 4 * endpoints * slots);
  }

  /** Reads {@code 4x4} or {@code 4x4:64}. */
  static Fleet parse(String text) {
    if (!text.matches("[1-9]\\d*x[1-9]\\d*(:[1-9]\\d*)?")) {
      throw new IllegalArgumentException(
          "fleet " + text + ": expected ENDPOINTSxSLOTS or ENDPOINTSxSLOTS:ADAPTERS");
    }
    String[] parts = text.split("[x:]");
    Fleet fleet = of(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
    return parts.length < 3 ? fleet : fleet.withAdapters(Integer.parseInt(parts[2]));
  }

  Fleet withAdapters(int count) {
    return new Fleet(endpoints, slots, count);
  }

  Fleet withEndpoints(int count) {
    return new Fleet(count, slots, adapters);
  }

  Fleet withSlots(int count) {
    return new Fleet(endpoints, count, adapters);
  }

  String label() {
    return endpoints + "x" + slots;
  }
}
