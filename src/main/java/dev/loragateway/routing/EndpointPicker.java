package dev.loragateway.routing;

import dev.loragateway.registry.AdapterRow;
import dev.loragateway.registry.Dispatch;
import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RoutingPolicy;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the endpoint of a request among the eligible ones, by the pool's policy, and reserves a
 * place there. Thread-safe.
 */
public final class EndpointPicker {
  private final EndpointRegistry registry;
  private final AdapterDemand demand;
  private final RecentPlacements placements;
  private final RandomGenerator random;
  private final AtomicInteger turn = new AtomicInteger();

  /**
   * Makes a picker.
   *
   * @param random must be thread-safe
   */
  public EndpointPicker(
      EndpointRegistry registry,
      AdapterDemand demand,
      RecentPlacements placements,
      RandomGenerator random) {
    this.registry = registry;
    this.demand = demand;
    this.placements = placements;
    this.random = random;
  }

  /** Chooses among the endpoints of the pool, on one snapshot. */
  public Pick pick(PickRequest request, PoolSnapshot pool) {
    return pick(request, pool, false);
  }

  /**
   * The same; where {@code mayWait}, not among those that could not start the request now, unless
   * the policy does not know of that.
   */
  Pick pick(PickRequest request, PoolSnapshot pool, boolean mayWait) {
    Candidate at = candidate(request, pool);
    if (at == null) {
      return new Pick.UnknownModel();
    }
    RoutingPolicy policy = pool.settings().routing().policy();
    String kept = request.session() == null ? null : placements.endpoint(request.session());
    int first = policy == RoutingPolicy.ROUND_ROBIN ? turn.getAndIncrement() : 0;
    Choice choice = new Choice(at, random, kept, first, mayWait);
    while (true) {
      int best = choice.find();
      if (best == Choice.NONE && at.admitEjected()) {
        best = choice.find();
      }
      if (best < 0) {
        return switch (best) {
          case Choice.SATURATED -> new Pick.Saturated();
          case Choice.NO_ROOM -> new Pick.NoRoom();
          default -> at.comes() ? new Pick.NotLoaded() : new Pick.NoneReady();
        };
      }
      at.moveTo(best, false);
      Dispatch dispatch =
          request.usesAdapter()
              ? registry.dispatch(at.state(), at.cell(), at.level(), at.settings().maxInFlight())
              : registry.besides(at.state());
      if (dispatch != null) {
        return chosen(request, at, dispatch);
      }
    }
  }

  /**
   * Tells where the request would go now, without sending it: nothing is counted, reserved or
   * learned.
   *
   * @param request asked again ({@link PickRequest#again}), so that it is no demand
   */
  public Explanation explain(PickRequest request, PoolSnapshot pool) {
    Candidate at = candidate(request.asAgain(), pool);
    if (at == null) {
      return new Explanation(Explanation.Outcome.UNKNOWN_MODEL, null, null, List.of());
    }
    String kept = request.session() == null ? null : placements.endpoint(request.session());
    Choice choice = new Choice(at, random, kept, turn.get(), request.usesAdapter());
    return new Explainer(at, choice, pool).explain();
  }

  /** Counts the request as demand for its model, unless it was picked for before. */
  void asked(PickRequest request) {
    if (!request.again()) {
      demand.add(request.model());
    }
  }

  private @Nullable Candidate candidate(PickRequest request, PoolSnapshot pool) {
    boolean base = pool.baseNames().contains(request.model());
    AdapterRow row = base ? null : pool.adapter(request.model());
    return row == null && !base && !pool.settings().resolver()
        ? null
        : new Candidate(request, pool, row, base, demand, registry.now());
  }

  /**
   * What the best endpoint that can start the request now would cost, in milliseconds, without
   * choosing it; 0 under a policy without costs, and infinite when there is none.
   */
  double quote(PickRequest request, PoolSnapshot pool) {
    Candidate at = candidate(request, pool);
    if (at == null) {
      return 0;
    }
    Choice choice = new Choice(at, random, null, 0, true);
    int best = choice.find();
    if (best < 0) {
      return best == Choice.NONE && !at.comes() ? 0 : Double.POSITIVE_INFINITY;
    }
    return at.settings().policy() == RoutingPolicy.LORA_AWARE ? choice.score() : 0;
  }

  private Pick chosen(PickRequest request, Candidate at, Dispatch dispatch) {
    if (request.session() != null) {
      placements.placed(request.session(), at.state().endpoint().address());
    }
    return new Pick.Chosen(dispatch, tier(at, dispatch));
  }

  private static Tier tier(Candidate at, Dispatch dispatch) {
    if (at.cell() == null) {
      return Tier.BASE;
    }
    return Tier.of(dispatch.residency(), dispatch.resident());
  }
}
