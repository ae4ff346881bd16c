package dev.loragateway.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a line is written for each request. Immutable.
 *
 * @param file that lines are added to; null = standard output
 * @param sample share of the requests that get a line, above 0 to 1
 */
public record AccessLogSettings(@Nullable Path file, double sample) {}
