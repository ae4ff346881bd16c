package dev.loragateway.sim;

/**
 * One registration of an adapter. Slots are keyed by {@code id}, not by name: an adapter that is
 * unloaded and loaded again is a new one to the engine, while the old weights stay until evicted.
 * Immutable.
 *
 * @param id number of the registration, unique within one run of the engine
 * @param name name that requests use
 * @param path where it was loaded from
 * @param bytes size of the weights
 * @param reloads whether it was loaded in place; vLLM 0.32 then reloads it from disk in every step
 */
record SimAdapter(int id, String name, String path, long bytes, boolean reloads) {}
