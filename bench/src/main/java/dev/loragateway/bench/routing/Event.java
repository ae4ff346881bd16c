package dev.loragateway.bench.routing;

/** Something that happens at a moment of simulated time. */
interface Event {
  /** It is time; {@code kind} tells the events of one object apart, 0 to 15. */
  void fire(int kind);
}
