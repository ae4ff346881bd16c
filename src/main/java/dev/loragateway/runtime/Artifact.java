package dev.loragateway.runtime;

import dev.loragateway.adapters.AdapterFacts;

/**
 * An adapter that lies on the volume, whole. Immutable.
 *
 * @param sha256 of its files' names and contents, in hex: the name of its directory
 * @param bytes of its files
 */
record Artifact(String sha256, long bytes, AdapterFacts facts) {}
