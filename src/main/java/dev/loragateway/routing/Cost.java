package dev.loragateway.routing;

/**
 * What sending a request to an endpoint is estimated to cost, part by part, in milliseconds. {@link
 * CostModel} has the formulas. Immutable.
 *
 * @param batch for a place in the batch
 * @param load how much each request in the batch slows the tokens of the others
 * @param swaps until the swaps under way there are over
 * @param deferral until a slot comes free, where other adapters use all of them
 * @param swap until the adapter is in a slot
 * @param harm that this swap does to the requests under way
 * @param home for a swap away from the adapter's homes
 * @param eviction for pushing out the only copy of another adapter
 * @param session negative where the session has been so far, 0 elsewhere
 */
public record Cost(
    double batch,
    double load,
    double swaps,
    double deferral,
    double swap,
    double harm,
    double home,
    double eviction,
    double session) {

  /** All of it. */
  public double total() {
    return batch + load + swaps + deferral + swap + harm + home + eviction + session;
  }

  /** The same where the session has been so far. */
  Cost kept(double place) {
    return new Cost(batch, load, swaps, deferral, swap, harm, home, eviction, -place);
  }
}
