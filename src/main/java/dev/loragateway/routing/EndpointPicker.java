package dev.loragateway.routing;

import dev.loragateway.model.Residency;
import dev.loragateway.registry.AdapterRow;
import dev.loragateway.registry.Dispatch;
import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RoutingPolicy;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the endpoint of a request among the eligible ones, by the pool's policy, and reserves a
 * place there. Thread-safe.
 */
public final class EndpointPicker {
  private static final int NONE = -1;
  private static final int SATURATED = -2;
  private static final int NO_ROOM = -3;

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
    while (true) {
      int best = best(at, policy, kept, first, mayWait);
      if (best < 0) {
        return switch (best) {
          case SATURATED -> new Pick.Saturated();
          case NO_ROOM -> new Pick.NoRoom();
          default -> new Pick.NoneReady();
        };
      }
      at.moveTo(best);
      Dispatch dispatch =
          registry.dispatch(at.state(), at.cell(), at.level(), at.settings().maxInFlight());
      if (dispatch != null) {
        return chosen(request, at, dispatch);
      }
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
    RoutingPolicy policy = pool.settings().routing().policy();
    int best = at == null ? NONE : best(at, policy, null, 0, true);
    if (at == null || best < 0) {
      return best == NONE ? 0 : Double.POSITIVE_INFINITY;
    }
    at.moveTo(best);
    return policy == RoutingPolicy.LORA_AWARE ? CostModel.cost(at, Double.POSITIVE_INFINITY) : 0;
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
    if (dispatch.residency() == Residency.UNKNOWN) {
      return Tier.LOAD;
    }
    return dispatch.resident() ? Tier.RESIDENT : Tier.SWAP;
  }

  /**
   * The place in the candidate's order of the best endpoint, {@link #NONE}, {@link #SATURATED} or
   * {@link #NO_ROOM}.
   */
  private int best(
      Candidate at, RoutingPolicy policy, @Nullable String kept, int first, boolean mayWait) {
    at.rewind();
    boolean startsNow = mayWait && policy == RoutingPolicy.LORA_AWARE;
    int best = NONE;
    EndpointState bestState = null;
    long bestKey = 0;
    double bestScore = Double.POSITIVE_INFINITY;
    for (int n = 0; n < at.endpoints(); n++) {
      if (!at.moveTo(n)) {
        continue;
      }
      long key = policy == RoutingPolicy.TIERED ? TieredOrder.key(at) : 0;
      double score = score(at, policy, kept, first, bestScore);
      if (bestState != null && !before(at, key, score, bestState, bestKey, bestScore)) {
        continue;
      }
      if (at.saturated()) {
        best = best == NONE ? SATURATED : best;
      } else if (startsNow && !at.hasRoom()) {
        best = bestState == null ? NO_ROOM : best;
      } else {
        best = n;
        bestState = at.state();
        bestKey = key;
        bestScore = score;
      }
    }
    return best;
  }

  /** The lower, the better; inexact above {@code enough}. */
  private double score(
      Candidate at, RoutingPolicy policy, @Nullable String kept, int first, double enough) {
    return switch (policy) {
      case LORA_AWARE -> cost(at, kept, enough);
      case TIERED, LEAST_REQUEST -> at.load();
      case HASH -> -(double) at.rank();
      case ROUND_ROBIN -> Math.floorMod(at.position() - first, at.endpoints());
      case RANDOM -> random.nextDouble();
    };
  }

  /** A session's endpoint may cost one batch place more. */
  private static double cost(Candidate at, @Nullable String kept, double enough) {
    if (kept == null || !kept.equals(at.state().endpoint().address())) {
      return CostModel.cost(at, enough);
    }
    double place = CostModel.place(at.times());
    return CostModel.cost(at, enough + place) - place;
  }

  private static boolean before(
      Candidate at, long key, double score, EndpointState best, long bestKey, double bestScore) {
    if (key != bestKey) {
      return key < bestKey;
    }
    if (TieredOrder.swaps(key)) {
      int order = Double.compare(at.victimRate(), at.victimRate(best));
      if (order != 0) {
        return order < 0;
      }
    }
    return score != bestScore ? score < bestScore : at.winsTie(best);
  }
}
