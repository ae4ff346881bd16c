package dev.loragateway.routing;

import dev.loragateway.registry.Dispatch;
import java.time.Duration;

/** The outcome of one routing decision. */
public sealed interface Pick {
  /** An endpoint was chosen and a place there is reserved: end the dispatch whatever happens. */
  record Chosen(Dispatch dispatch, Tier tier) implements Pick {}

  /** No endpoint of the pool lists the model. */
  record UnknownModel() implements Pick {}

  /** The model is known, but no endpoint that serves it is up. */
  record NoneReady() implements Pick {}

  /**
   * No endpoint that is up has the model, but one that sleeps has it and is woken, or the control
   * plane loads it.
   */
  record NotLoaded() implements Pick {}

  /** Every endpoint that serves the model is saturated. */
  record Saturated() implements Pick {}

  /**
   * An endpoint would take the request, but none could start it now: its batch is full, or each of
   * its GPU slots runs another adapter.
   */
  record NoRoom() implements Pick {}

  /** No endpoint can start the request now: it waits for its {@link Waiter}. */
  non-sealed interface Queued extends Pick {
    /**
     * Stops waiting.
     *
     * @return false when the wait is over already: the waiter was told, or is about to be
     */
    boolean leave();

    /** How long a new request would wait now, about. */
    Duration expected();
  }

  /**
   * Every endpoint is saturated, and so is the queue.
   *
   * @param retryAfter when it may have room
   */
  record QueueFull(Duration retryAfter) implements Pick {}

  /**
   * Every endpoint is saturated, and the request would wait for too long.
   *
   * @param expected how long it would
   */
  record TooLate(Duration expected) implements Pick {}
}
