/**
 * A simulated model server, faithful to what real vLLM was seen to do. Start here: {@link
 * dev.loragateway.sim.SimulatedServer}.
 */
@NullMarked
package dev.loragateway.sim;

import org.jspecify.annotations.NullMarked;
