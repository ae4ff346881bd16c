package dev.loragateway.adapters;

/** What came of a look at an adapter's files. */
public sealed interface Inspection {
  /** They are what engines can load. */
  record Good(AdapterFacts facts) implements Inspection {}

  /** No engine can load them as they are; {@code reason} is for whoever put them there. */
  record Refused(String reason) implements Inspection {}
}
