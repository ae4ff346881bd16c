/**
 * Whether every request ends honestly while its servers misbehave. Start here: {@code
 * ChaosCommand}.
 */
@NullMarked
package dev.loragateway.bench.chaos;

import org.jspecify.annotations.NullMarked;
