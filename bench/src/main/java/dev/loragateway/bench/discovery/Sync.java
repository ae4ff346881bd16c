package dev.loragateway.bench.discovery;

/**
 * How long the first look took, from when discovery was asked for it. Immutable.
 *
 * @param toldMs until all endpoints were told
 * @param watchedMs until everything was watched; discovery looks once a second
 * @param cpuMs CPU time of the process until all endpoints were told
 */
record Sync(double toldMs, double watchedMs, double cpuMs) {}
