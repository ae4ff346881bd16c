package dev.loragateway.registry;

/**
 * Counts an endpoint's failed requests and keeps it out for a while when there are too many in a
 * row. Times are the registry's nanoseconds. Confined to the registry's lock.
 */
final class Ejection {
  private int failures;
  private int times;
  private long until;
  private long returnedAt;
  private boolean out;

  boolean out() {
    return out;
  }

  /** When the endpoint may come back, while it is out. */
  long until() {
    return until;
  }

  /** Counts a failed request; returns whether there are enough in a row for an ejection. */
  boolean failed(OutlierSettings settings) {
    failures++;
    return !out && settings.consecutiveErrors() > 0 && failures >= settings.consecutiveErrors();
  }

  /** A request went well. */
  void succeeded() {
    failures = 0;
  }

  /**
   * Takes the endpoint out, longer each time; a time in which it was not out, as long as the first
   * ejection, makes up for one.
   */
  void begin(OutlierSettings settings, long now) {
    long first = settings.ejectionTime().toNanos();
    times = (int) Math.max(0, times - (now - returnedAt) / first) + 1;
    until = now + Math.min(first * times, settings.maxEjectionTime().toNanos());
    failures = 0;
    out = true;
  }

  /** The endpoint is back. */
  void end(long now) {
    failures = 0;
    returnedAt = now;
    out = false;
  }
}
