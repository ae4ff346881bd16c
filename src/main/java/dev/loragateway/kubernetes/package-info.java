/**
 * Finds endpoints in Kubernetes: behind Services by their EndpointSlices and behind InferencePools
 * by their pods. Start here: {@code KubernetesDiscovery}.
 */
@NullMarked
package dev.loragateway.kubernetes;

import org.jspecify.annotations.NullMarked;
