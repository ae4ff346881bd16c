package dev.loragateway.bench.routing;

import dev.loragateway.model.Residency;
import dev.loragateway.registry.AdapterCell;
import dev.loragateway.registry.AdapterRow;
import dev.loragateway.registry.Dispatch;
import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.routing.Pick;
import dev.loragateway.routing.Tier;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A policy that the gateway does not have: it chooses a position in the snapshot. */
abstract class ForeignRouter implements Router {
  private final EndpointRegistry registry;

  ForeignRouter(EndpointRegistry registry) {
    this.registry = registry;
  }

  /** The position of the endpoint chosen among those that are eligible; -1 for none. */
  abstract int choose(Request request, String model, List<EndpointState> endpoints);

  /** Returns whether the request may go there. */
  static boolean eligible(Request request, EndpointState state) {
    return state.up() && !request.tried.contains(state.endpoint().address());
  }

  @Override
  public final Pick route(Request request, String model, PoolSnapshot pool) {
    int chosen = choose(request, model, pool.endpoints());
    if (chosen < 0) {
      return new Pick.NoneReady();
    }
    EndpointState state = pool.endpoints().get(chosen);
    @Nullable AdapterRow row = pool.adapter(model);
    @Nullable AdapterCell cell = row == null ? null : row.cell(chosen);
    Residency level = cell == null ? Residency.GPU : state.residency().level(model);
    Dispatch dispatch = registry.dispatch(state, cell, level, 0);
    return dispatch == null
        ? new Pick.Saturated()
        : new Pick.Chosen(dispatch, dispatch.resident() ? Tier.RESIDENT : Tier.SWAP);
  }
}
