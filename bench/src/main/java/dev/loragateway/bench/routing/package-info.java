/**
 * Routing policies compared in simulated time, with the gateway's own registry and picker. Start
 * here: {@code RoutingCommand}, then {@code Simulation}.
 */
@NullMarked
package dev.loragateway.bench.routing;

import org.jspecify.annotations.NullMarked;
