package dev.loragateway.routing;

/**
 * A request as admission sees it. Immutable.
 *
 * @param pick what the pick needs to know
 * @param priority its class, one of the pool's {@code queue.priorities}
 * @param bytes size of its body, which waits with it
 * @param timeoutNanos how long it may wait; it is refused at once when it would wait longer
 * @param waiter who is told when the wait is over
 */
public record AdmissionRequest(
    PickRequest pick, String priority, long bytes, long timeoutNanos, Waiter waiter) {}
