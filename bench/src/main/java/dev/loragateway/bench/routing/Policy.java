package dev.loragateway.bench.routing;

import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.registry.RoutingPolicy;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** The policies that are compared: the gateway's own and those of others. */
enum Policy {
  LORA_AWARE(RoutingPolicy.LORA_AWARE),
  TIERED(RoutingPolicy.TIERED),
  HASH(RoutingPolicy.HASH),
  HASH_BOUNDED(null),
  GIE(null),
  GIE_LORA_ONLY(null),
  LEAST_REQUEST(RoutingPolicy.LEAST_REQUEST),
  ROUND_ROBIN(RoutingPolicy.ROUND_ROBIN),
  RANDOM(RoutingPolicy.RANDOM);

  private final @Nullable RoutingPolicy own;

  Policy(@Nullable RoutingPolicy own) {
    this.own = own;
  }

  String label() {
    return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
  }

  static Policy of(String label) {
    for (Policy policy : values()) {
      if (policy.label().equals(label)) {
        return policy;
      }
    }
    throw new IllegalArgumentException(
        "no policy " + label + "; known: " + Arrays.stream(values()).map(Policy::label).toList());
  }

  /** The gateway's name for it; for a policy of others, one that leaves the registry alone. */
  RoutingPolicy setting() {
    return own != null ? own : RoutingPolicy.LEAST_REQUEST;
  }

  /** Returns whether it looks at the estimated residency, so that this must be up to date. */
  boolean looksAtResidency() {
    return this == LORA_AWARE || this == TIERED;
  }

  /** Returns whether it looks at what scrapes tell of the load. */
  boolean looksAtLoad() {
    return looksAtResidency() || this == LEAST_REQUEST;
  }

  Router router(EndpointRegistry registry, Simulation simulation, SplittableRandom random) {
    return switch (this) {
      case GIE -> new GieScorer(registry, simulation, false, random);
      case GIE_LORA_ONLY -> new GieScorer(registry, simulation, true, random);
      case HASH_BOUNDED -> new BoundedHash(registry);
      default -> new OwnRouter(registry, random);
    };
  }
}
