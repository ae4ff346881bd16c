package dev.loragateway.bench.discovery;

/** A measured change of a Service's endpoints. Immutable. */
record Change(Kind kind, int service, Delay delay) {
  /** What happens to an endpoint. */
  enum Kind {
    COMES("an endpoint comes"),
    TERMINATES("an endpoint starts terminating");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }
}
