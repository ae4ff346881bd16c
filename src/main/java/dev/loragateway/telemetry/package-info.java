/** Micrometer meters under the documented names. Start here: {@code GatewayMetrics}. */
@NullMarked
package dev.loragateway.telemetry;

import org.jspecify.annotations.NullMarked;
