package dev.loragateway.adapters;

import java.util.List;
import java.util.Map;

/** Which of several gateways acts. Thread-safe. */
public interface Lead {
  /** Of a gateway that is alone. */
  Lead ALONE = () -> true;

  /** Whether this gateway is the one that loads and unloads. */
  boolean leads();

  /** What the one that led before wrote of copies, by the adapter's name. */
  default Map<String, List<AdapterStatus.Copy>> remembered() {
    return Map.of();
  }
}
