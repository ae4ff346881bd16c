package dev.loragateway.sim;

import org.jspecify.annotations.Nullable;

/** A way in which a server can be made to misbehave; the number that some take is their value. */
public enum SimFault {
  /** Listens no more and closes idle connections; value = ms after which it ends by itself. */
  REFUSE("refuse"),
  /** Accepts requests and never answers. */
  HANG("hang"),
  /** The engine takes no step: requests wait, streams pause. */
  STALL("stall"),
  /** Resets the connection instead of answering. */
  RESET_BEFORE_RESPONSE("resetBeforeResponse"),
  /** Resets the connection after this many events, or in the middle of a plain body. */
  RESET_MID_STREAM("resetMidStream"),
  /** Closes a chunked answer in the middle of an event, after this many whole ones. */
  TRUNCATE_CHUNKED("truncateChunked"),
  /** Answers 500. */
  STATUS_500("status500"),
  /** Waits this many ms before it handles a request. */
  SLOW("slow"),
  /** The engine takes this many times longer for everything. */
  SLOW_ENGINE("slowEngine"),
  /** {@code /metrics} is 404. */
  DROP_METRICS("dropMetrics"),
  /** {@code /metrics} is 200 and no metrics page. */
  GARBAGE_METRICS("garbageMetrics"),
  /** {@code /metrics} grows to this many bytes. */
  HUGE_METRICS("hugeMetrics"),
  /** {@code /metrics} answers after this many ms. */
  SLOW_METRICS("slowMetrics"),
  /** {@code /health} and {@code /ping} are 503. */
  UNHEALTHY("unhealthy");

  private final String kind;

  SimFault(String kind) {
    this.kind = kind;
  }

  /** Its name over HTTP. */
  public String kind() {
    return kind;
  }

  /** The fault of this name over HTTP; null = there is none. */
  public static @Nullable SimFault of(String kind) {
    for (SimFault fault : values()) {
      if (fault.kind.equals(kind)) {
        return fault;
      }
    }
    return null;
  }
}
