package dev.loragateway.registry;

import java.time.Duration;

/**
 * When the engines of a pool are put to sleep. Immutable.
 *
 * @param after how long the pool has had no request then
 */
public record SleepSettings(Duration after) {}
