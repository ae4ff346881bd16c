/**
 * Routing policies compared on real sockets: the gateway itself in front of simulated servers.
 * Start here: {@code LiveCommand}, then {@code LiveRun}.
 */
@NullMarked
package dev.loragateway.bench.live;

import org.jspecify.annotations.NullMarked;
