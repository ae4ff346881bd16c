package dev.loragateway.kubernetes;

import java.util.List;

/** Takes in what is found. Thread-safe. */
@FunctionalInterface
public interface DiscoverySink {
  /**
   * These are all endpoints of the pool now, local ones first. Never called before one of its
   * sources has told all that it has, and by one thread at a time.
   */
  void discovered(String pool, List<Discovered> endpoints);
}
