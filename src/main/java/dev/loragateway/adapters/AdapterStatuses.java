package dev.loragateway.adapters;

import java.util.Map;

/** Tells how the declared adapters fare. Thread-safe. */
@FunctionalInterface
public interface AdapterStatuses {
  /** By name, in the order of the names. */
  Map<String, AdapterStatus> statuses();
}
