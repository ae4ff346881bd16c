package dev.loragateway.registry;

import dev.loragateway.model.Residency;
import java.util.List;
import java.util.Map;

/** Where one endpoint holds each listed adapter, by {@link AdapterRow#position}. Immutable. */
public final class Levels {
  private static final byte CPU = 1;
  private static final byte GPU = 2;

  /** Zero where the adapter is in neither LRU. */
  private final byte[] levels;

  /**
   * Makes the levels of the listed ones among these adapters.
   *
   * @param cpu those in host memory, {@code gpu} among them
   */
  Levels(Map<String, AdapterRow> rows, List<String> cpu, List<String> gpu) {
    levels = new byte[rows.size()];
    mark(rows, cpu, CPU);
    mark(rows, gpu, GPU);
  }

  private void mark(Map<String, AdapterRow> rows, List<String> adapters, byte level) {
    for (String adapter : adapters) {
      AdapterRow row = rows.get(adapter);
      if (row != null) {
        levels[row.position()] = level;
      }
    }
  }

  Residency at(int position) {
    return switch (levels[position]) {
      case GPU -> Residency.GPU;
      case CPU -> Residency.CPU;
      default -> Residency.REGISTERED;
    };
  }
}
