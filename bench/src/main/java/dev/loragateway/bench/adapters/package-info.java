/**
 * How fast the control plane loads adapters, and what becomes of requests while servers die or
 * hang. Start here: {@link dev.loragateway.bench.adapters.AdaptersCommand}.
 */
@NullMarked
package dev.loragateway.bench.adapters;

import org.jspecify.annotations.NullMarked;
