/** Chooses the endpoint of a request. Start here: {@code EndpointPicker}. */
@NullMarked
package dev.loragateway.routing;

import org.jspecify.annotations.NullMarked;
