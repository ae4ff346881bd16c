package dev.loragateway.bench.discovery;

/**
 * How long a change took. Immutable.
 *
 * @param updateMs from the request until the API server's answer
 * @param toldMs from that until the change was told; below zero when it was told before
 */
record Delay(double updateMs, double toldMs) {}
