package dev.loragateway.config;

/** A value and its place in the file. Immutable. */
record Located<T>(T value, String path, int line) {}
