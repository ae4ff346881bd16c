/**
 * What a request through a proxy costs: the gateway and other proxies in front of the same server,
 * one after another. Start here: {@code OverheadCommand}, then {@code Comparison}.
 */
@NullMarked
package dev.loragateway.bench.overhead;

import org.jspecify.annotations.NullMarked;
