package dev.loragateway.runtime;

/**
 * An adapter that the engine has. Immutable.
 *
 * @param path of it as the engine sees it
 */
record Loaded(String name, String path, Artifact artifact) {}
