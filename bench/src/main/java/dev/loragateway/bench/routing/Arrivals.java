package dev.loragateway.bench.routing;

/** The requests of a run, one after the other. Confined to one simulation. */
interface Arrivals {
  /** Goes on to the next request; returns whether there is one. */
  boolean advance();

  /** When the request arrives, in seconds after the start. */
  double seconds();

  int adapter();

  int promptTokens();

  int outputTokens();
}
