package dev.loragateway.sim;

import java.util.List;

/**
 * One change of the adapter slots. Immutable.
 *
 * @param t unix seconds
 * @param event {@code load} = from disk into a CPU slot, {@code activate} = into a GPU slot
 * @param adapter name of the adapter
 * @param ms how long it took, before the time scale
 * @param gpu names in the GPU slots after it, least recently used first
 * @param cpu names in the CPU slots after it, least recently used first
 */
public record SimTraceEvent(
    double t, String event, String adapter, double ms, List<String> gpu, List<String> cpu) {}
