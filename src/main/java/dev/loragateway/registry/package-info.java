/**
 * Which endpoints exist, how they fare, and which adapters they hold. Start here: {@code
 * EndpointRegistry}.
 */
@NullMarked
package dev.loragateway.registry;

import org.jspecify.annotations.NullMarked;
