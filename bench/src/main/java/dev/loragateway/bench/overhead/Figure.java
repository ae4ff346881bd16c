package dev.loragateway.bench.overhead;

/** What is measured in a turn. Immutable. */
enum Figure {
  /** Processor time of the proxy for a request, or for an event of a paced stream. */
  CPU_MICROS,
  /** Requests per second at many connections, or events per second. */
  RATE,
  /** Latency at many connections, or how late an event came. */
  P50_MICROS,
  P99_MICROS,
  MAX_MICROS,
  /** Latency at one connection. */
  ONE_P50_MICROS,
  ONE_P99_MICROS,
  /** The proxy's share of a core, in percent. */
  CORE_PERCENT,
  RSS_MIB,
  DONE,
  /** Requests without a good answer, or events that did not arrive. */
  FAILED
}
