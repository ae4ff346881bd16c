package dev.loragateway.routing;

import dev.loragateway.model.Residency;
import dev.loragateway.registry.AdapterCell;
import dev.loragateway.registry.AdapterRow;
import dev.loragateway.registry.Dispatch;
import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.Hashing;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RoutingPolicy;
import dev.loragateway.registry.RoutingSettings;
import java.util.Arrays;
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
    boolean base = pool.baseNames().contains(request.model());
    @Nullable AdapterRow row = base ? null : pool.adapter(request.model());
    if (!base && !pool.settings().resolver() && (row == null || !listed(row, pool))) {
      return new Pick.UnknownModel();
    }
    Round round = new Round(request, pool, row, base);
    while (true) {
      Candidate best = round.best();
      if (best == null) {
        return round.saturated ? new Pick.Saturated() : new Pick.NoneReady();
      }
      Dispatch dispatch =
          registry.dispatch(
              best.state(), best.cell(), best.level(), pool.settings().routing().maxInFlight());
      if (dispatch != null) {
        return chosen(request, best, dispatch);
      }
    }
  }

  /**
   * Returns whether every endpoint of the pool that is up is saturated, and at least one is up: no
   * request needs to be picked for.
   */
  boolean full(PoolSnapshot pool) {
    long now = registry.now();
    long staleAfter = pool.settings().staleAfter().toNanos();
    boolean up = false;
    for (EndpointState state : pool.endpoints()) {
      if (state.up()) {
        up = true;
        if (!saturated(state, state.fresh(now, staleAfter), pool.settings().routing())) {
          return false;
        }
      }
    }
    return up;
  }

  private static boolean saturated(EndpointState state, boolean fresh, RoutingSettings settings) {
    if (settings.maxInFlight() > 0 && state.inFlight().total() >= settings.maxInFlight()) {
      return true;
    }
    return fresh
        && state.load() != null
        && (state.waiting(settings.maxNumSeqs()) > settings.maxWaiting()
            || state.load().kvCache() > settings.maxKvCache());
  }

  /**
   * Reserves a place for loading the adapter ahead of the request, although every endpoint is
   * saturated: where the adapter that makes room is asked for least, by powers of two, and of those
   * where the load is lowest, since it will have room first.
   *
   * @return null when an endpoint has the adapter or is about to, when no adapter is needed, or
   *     when nowhere a slot could be had without taking it from requests under way
   */
  @Nullable Dispatch warmUp(PickRequest request, PoolSnapshot pool) {
    AdapterRow row = pool.adapter(request.model());
    if (row == null || !request.usesAdapter() || pool.baseNames().contains(request.model())) {
      return null;
    }
    long now = registry.now();
    EndpointState best = null;
    long bestDemand = 0;
    for (int i = 0; i < pool.endpoints().size(); i++) {
      EndpointState state = pool.endpoints().get(i);
      if (!state.up() || !row.registered(i)) {
        continue;
      }
      Residency level = state.residency().level(request.model());
      if (level == Residency.GPU || row.cell(i).inFlight() > 0 || row.cell(i).loading(now)) {
        return null;
      }
      String victim = idle(state);
      boolean free = state.residency().gpu().size() < state.residency().slots();
      boolean pinnedElsewhere =
          request.pinned() != null && !request.pinned().equals(state.endpoint().address());
      if (level == Residency.UNKNOWN || pinnedElsewhere || (!free && victim == null)) {
        continue;
      }
      long victimDemand = free || victim == null ? 0 : magnitude(demand.rate(victim));
      boolean better =
          best == null
              || victimDemand < bestDemand
              || (victimDemand == bestDemand && state.requests() < best.requests());
      if (better) {
        best = state;
        bestDemand = victimDemand;
      }
    }
    if (best == null) {
      return null;
    }
    AdapterCell cell = best.inFlight().cell(request.model());
    return registry.dispatch(best, cell, best.residency().level(request.model()), 0);
  }

  /** The adapter that the engine would evict: the oldest without requests under way. */
  private static @Nullable String idle(EndpointState state) {
    for (String adapter : state.residency().gpu()) {
      if (state.inFlight().cell(adapter).inFlight() == 0) {
        return adapter;
      }
    }
    return null;
  }

  /** Powers of two of a rate, in requests per minute. */
  private static long magnitude(double rate) {
    return Math.getExponent(1 + rate * 60);
  }

  private Pick chosen(PickRequest request, Candidate best, Dispatch dispatch) {
    if (request.session() != null) {
      placements.placed(request.session(), best.state().endpoint().address());
    }
    return new Pick.Chosen(dispatch, tier(best, dispatch));
  }

  private static Tier tier(Candidate best, Dispatch dispatch) {
    if (best.cell() == null) {
      return Tier.BASE;
    }
    if (best.unknown()) {
      return Tier.LOAD;
    }
    return dispatch.resident() ? Tier.RESIDENT : Tier.SWAP;
  }

  private static boolean listed(AdapterRow row, PoolSnapshot pool) {
    for (int i = 0; i < pool.endpoints().size(); i++) {
      if (row.registered(i)) {
        return true;
      }
    }
    return false;
  }

  /** One pass over the endpoints. Confined to one pick. */
  private final class Round {
    private final PickRequest request;
    private final List<EndpointState> endpoints;
    private final RoutingSettings settings;
    private final @Nullable AdapterRow row;
    private final boolean everywhere;
    private final boolean base;
    private final long staleAfter;
    private final long now = registry.now();
    private final double adapterRate;
    private final long homeRank;
    private final @Nullable String sessionEndpoint;
    private final int turnNow;
    private boolean saturated;

    Round(PickRequest request, PoolSnapshot pool, @Nullable AdapterRow row, boolean base) {
      this.request = request;
      this.endpoints = pool.endpoints();
      this.settings = pool.settings().routing();
      this.row = row;
      this.base = base;
      this.everywhere = base || pool.settings().resolver();
      this.staleAfter = pool.settings().staleAfter().toNanos();
      this.adapterRate =
          request.again() ? demand.rate(request.model()) : demand.add(request.model());
      boolean homesCount = settings.policy() == RoutingPolicy.LORA_AWARE && !base;
      this.homeRank = homesCount ? homeRank() : Long.MIN_VALUE;
      this.sessionEndpoint =
          request.session() == null ? null : placements.endpoint(request.session());
      this.turnNow = settings.policy() == RoutingPolicy.ROUND_ROBIN ? turn.getAndIncrement() : 0;
    }

    @Nullable Candidate best() {
      saturated = false;
      Candidate best = null;
      double bestScore = 0;
      for (int i = 0; i < endpoints.size(); i++) {
        Candidate next = candidate(i);
        if (next == null) {
          continue;
        }
        double score = score(next, i);
        if (best == null || before(next, score, best, bestScore)) {
          best = next;
          bestScore = score;
        }
      }
      return best;
    }

    /** The endpoint as a candidate, or null when it may not serve the request. */
    private @Nullable Candidate candidate(int i) {
      EndpointState state = endpoints.get(i);
      boolean serves = everywhere || (row != null && row.registered(i));
      if (!serves || !state.up() || excluded(state.endpoint().address())) {
        return null;
      }
      boolean fresh = state.fresh(now, staleAfter);
      if (saturated(state, fresh, settings)) {
        saturated = true;
        return null;
      }
      AdapterCell cell = cell(i, state);
      Residency level =
          cell == null
              ? Residency.GPU
              : fresh ? state.residency().level(request.model()) : Residency.UNKNOWN;
      return new Candidate(
          state,
          cell,
          level,
          cell == null || !cell.loading(now) ? 0 : (cell.loadingUntil() - now) / 1e6,
          state.inFlight().swaps(now),
          load(state),
          Candidate.rank(row, request.model(), state));
    }

    private @Nullable AdapterCell cell(int i, EndpointState state) {
      if (base || !request.usesAdapter()) {
        return null;
      }
      return row != null ? row.cell(i) : state.inFlight().cell(request.model());
    }

    private boolean excluded(String address) {
      return request.tried().contains(address)
          || (request.pinned() != null && !request.pinned().equals(address));
    }

    /** The lower, the better. */
    private double score(Candidate at, int i) {
      return switch (settings.policy()) {
        case LORA_AWARE -> cost(at);
        case TIERED -> 0;
        case HASH -> -(double) at.rank();
        case LEAST_REQUEST -> at.load();
        case ROUND_ROBIN -> Math.floorMod(i - turnNow, endpoints.size());
        case RANDOM -> random.nextDouble();
      };
    }

    private double cost(Candidate at) {
      double victimRate = at.here() ? 0 : CostModel.victimRate(at, demand);
      double cost = CostModel.cost(at, settings, at.rank() >= homeRank, adapterRate, victimRate);
      boolean sessionHere = at.state().endpoint().address().equals(sessionEndpoint);
      return sessionHere ? cost - at.state().times().tokenTime() : cost;
    }

    private boolean before(Candidate a, double scoreA, Candidate b, double scoreB) {
      if (settings.policy() == RoutingPolicy.TIERED) {
        int order = TieredOrder.compare(a, b, demand);
        return order != 0 ? order < 0 : tie(a) > tie(b);
      }
      return scoreA != scoreB ? scoreA < scoreB : tie(a) > tie(b);
    }

    /** Breaks exact ties: by the prompt, so that its KV cache is found again, else by the model. */
    private long tie(Candidate at) {
      return request.promptHash() == 0
          ? at.rank()
          : Hashing.score(request.promptHash(), at.state().hash());
    }

    /** What a stale endpoint counts as: the median of the fresh ones, else its own requests. */
    private double load(EndpointState state) {
      if (state.fresh(now, staleAfter)) {
        return state.requests();
      }
      double[] fresh = new double[endpoints.size()];
      int count = 0;
      for (EndpointState other : endpoints) {
        if (other.up() && other.fresh(now, staleAfter)) {
          fresh[count++] = other.requests();
        }
      }
      Arrays.sort(fresh, 0, count);
      return count == 0 ? state.inFlight().total() : fresh[count / 2];
    }

    /** The rendezvous score that makes an endpoint a home of the adapter. */
    private long homeRank() {
      double answer = 0;
      int up = 0;
      long[] ranks = new long[endpoints.size()];
      for (EndpointState state : endpoints) {
        if (state.up()) {
          answer += state.times().outputTokens() * state.times().tokenTime();
          ranks[up++] = Candidate.rank(row, request.model(), state);
        }
      }
      if (up == 0) {
        return Long.MAX_VALUE;
      }
      int homes = CostModel.homes(adapterRate, answer / up, settings, up);
      Arrays.sort(ranks, 0, up);
      return ranks[up - homes];
    }
  }
}
