package dev.loragateway.access;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A key as it is stored: never in the clear. Immutable.
 *
 * @param caller who has it, and what they may do
 * @param sha256 of the key's bytes in UTF-8, 64 hexadecimal digits in lower case
 * @param expires from when on it is worth nothing; null = never
 */
public record ApiKey(Caller caller, String sha256, @Nullable Instant expires) {}
