/**
 * Finds endpoints in Kubernetes: behind Services by their EndpointSlices and behind InferencePools
 * by their pods, and adapters in custom resources. Start here: {@code KubernetesDiscovery} and
 * {@code AdapterObjects}.
 */
@NullMarked
package dev.loragateway.kubernetes;

import org.jspecify.annotations.NullMarked;
