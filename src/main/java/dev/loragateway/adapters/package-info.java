/**
 * Which adapters should be loaded where. Start here: {@link
 * dev.loragateway.adapters.PlacementPlanner}.
 */
@NullMarked
package dev.loragateway.adapters;

import org.jspecify.annotations.NullMarked;
