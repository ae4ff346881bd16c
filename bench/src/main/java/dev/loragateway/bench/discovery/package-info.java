/**
 * What watching Kubernetes costs, and how soon changes are known: the gateway's own discovery
 * against any API server. Start here: {@code DiscoveryCommand}, then {@code DiscoveryRun}.
 */
@NullMarked
package dev.loragateway.bench.discovery;

import org.jspecify.annotations.NullMarked;
