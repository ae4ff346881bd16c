package dev.loragateway.routing;

import dev.loragateway.model.Residency;
import dev.loragateway.registry.AdapterCell;
import dev.loragateway.registry.AdapterRow;
import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.Hashing;
import org.jspecify.annotations.Nullable;

/**
 * One endpoint as a pick sees it: the figures that policies compare. Confined to one pick.
 *
 * @param state the endpoint
 * @param cell the adapter there, or null when the request needs none
 * @param level where the adapter is
 * @param loadingMillis how much longer a swap of the adapter that is under way there will take; 0
 *     when there is none
 * @param swaps adapters that are being loaded there
 * @param load requests there
 * @param rank rendezvous score of the model at the endpoint; higher is nearer home
 */
record Candidate(
    EndpointState state,
    @Nullable AdapterCell cell,
    Residency level,
    double loadingMillis,
    int swaps,
    double load,
    long rank) {

  /** Returns whether the adapter is there or about to be: no further swap is needed. */
  boolean here() {
    return cell == null || level == Residency.GPU || cell.inFlight() > 0;
  }

  /** Returns whether the engine could start the request now, if need be after a swap. */
  boolean startsNow() {
    return (here() && (cell == null || !cell.deferred()))
        || state.inFlight().distinctAdapters() < state.residency().slots();
  }

  boolean unknown() {
    return level == Residency.UNKNOWN;
  }

  static long rank(@Nullable AdapterRow row, String model, EndpointState state) {
    return Hashing.score(row != null ? row.hash() : Hashing.of(model), state.hash());
  }
}
