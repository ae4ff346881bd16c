package dev.loragateway.routing;

import dev.loragateway.model.Residency;
import dev.loragateway.registry.EndpointState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a request would go now, and why. Immutable.
 *
 * @param outcome what would become of it
 * @param chosen address of the endpoint that would get it; null when none would
 * @param tier what it would be dispatched as; null with {@code chosen}
 * @param endpoints all of the pool, in the order of the snapshot
 */
public record Explanation(
    Outcome outcome, @Nullable String chosen, @Nullable Tier tier, List<Considered> endpoints) {

  public Explanation {
    endpoints = List.copyOf(endpoints);
  }

  /** What would become of a request. */
  public enum Outcome {
    /** It is sent to an endpoint. */
    DISPATCH,
    /** It waits in the gateway: every endpoint that serves it is saturated. */
    SATURATED,
    /** It waits in the gateway: no endpoint could start it now. */
    NO_ROOM,
    /**
     * It waits in the gateway until the control plane has loaded the adapter, or woken an engine.
     */
    NOT_LOADED,
    /** It is refused: no endpoint that serves it is up. */
    NONE_READY,
    /** It is refused: no pool has the model. */
    UNKNOWN_MODEL
  }

  /** Why an endpoint gets the request, or does not. */
  public enum Verdict {
    CHOSEN,
    DOWN,
    EJECTED,
    ASLEEP,
    /** Neither its health nor its models are known yet. */
    NOT_ASKED,
    /** It does not serve the model. */
    NOT_REGISTERED,
    /** The request was tried there in vain, or belongs to another endpoint. */
    EXCLUDED,
    SATURATED,
    /** It could not start the request now. */
    NO_ROOM,
    /** It is in another cluster, and an endpoint of the gateway's own can serve the request. */
    REMOTE,
    /** It costs more, or comes later in the order of the policy. */
    WORSE,
    /** As good as the chosen one, which is nearer to the prompt or the model by its hash. */
    TIE
  }

  /**
   * One endpoint as the decision sees it. Immutable.
   *
   * @param residency of the adapter there; null for a base model, and where it is not registered
   * @param home whether it is one of the adapter's homes
   * @param load requests that it is believed to have; NaN where that was not looked at
   * @param cost null where it was not looked at, and under a policy that has no costs
   */
  public record Considered(
      EndpointState state,
      @Nullable Residency residency,
      boolean home,
      double load,
      @Nullable Cost cost,
      Verdict verdict) {}
}
