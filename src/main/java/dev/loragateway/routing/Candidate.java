package dev.loragateway.routing;

import dev.loragateway.model.Health;
import dev.loragateway.model.Residency;
import dev.loragateway.registry.AdapterCell;
import dev.loragateway.registry.AdapterRow;
import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.Hashing;
import dev.loragateway.registry.HomeOrder;
import dev.loragateway.registry.LearnedTimes;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RoutingPolicy;
import dev.loragateway.registry.RoutingSettings;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The endpoint that a pick looks at, with the figures that policies compare. One object moves from
 * endpoint to endpoint. Confined to one pick.
 */
final class Candidate {
  private final PickRequest request;
  private final PoolSnapshot pool;
  private final RoutingSettings settings;
  private final List<EndpointState> endpoints;
  private final boolean adapter;
  private final boolean everywhere;
  private final @Nullable AdapterRow row;
  private final @Nullable HomeOrder order;
  private final int homes;
  private final long modelHash;
  private final double adapterRate;
  private final AdapterDemand demand;
  private final double demandNow;
  private final long staleAfter;
  private final long now;
  private double staleLoad = Double.NaN;
  private boolean admitsEjected;

  private @Nullable EndpointState state;
  private @Nullable AdapterCell cell;
  private @Nullable Residency level;
  private int position;
  private boolean fresh;
  private boolean home;
  private double load;

  /**
   * Makes a candidate that is at no endpoint yet.
   *
   * @param row the model's, or null when no endpoint lists it as an adapter
   * @param base whether it is the base model
   */
  Candidate(
      PickRequest request,
      PoolSnapshot pool,
      @Nullable AdapterRow row,
      boolean base,
      AdapterDemand demand,
      long now) {
    this.request = request;
    this.pool = pool;
    this.settings = pool.settings().routing();
    this.endpoints = pool.endpoints();
    this.row = row;
    this.adapter = !base && request.usesAdapter();
    this.everywhere = base || pool.settings().resolver();
    this.staleAfter = pool.settings().staleAfter().toNanos();
    this.now = now;
    this.demand = demand;
    this.demandNow = demand.now();
    AdapterDemand.Model model = demand.model(request.model());
    boolean counts = request.usesAdapter() && !request.again();
    this.adapterRate = counts ? model.add(demandNow) : model.rate(demandNow);
    boolean homesCount = settings.policy() == RoutingPolicy.LORA_AWARE && adapter;
    this.order = homesCount ? order() : null;
    this.homes =
        order == null
            ? 0
            : nearest(CostModel.homes(model, adapterRate, pool.answerMillis(), settings));
    this.modelHash = row != null ? row.homes().hash() : Hashing.of(request.model());
  }

  private HomeOrder order() {
    return row != null
        ? row.homes()
        : HomeOrder.of(
            request.model(), endpoints.stream().mapToLong(EndpointState::hash).toArray());
  }

  /** How many endpoints in order there are up to the one that makes so many that are up. */
  private int nearest(int ups) {
    int n = 0;
    for (int left = ups; left > 0 && n < endpoints.size(); n++) {
      left -= endpoints.get(nearestHome(n)).up() ? 1 : 0;
    }
    return n;
  }

  /**
   * Returns whether an endpoint sleeps that can serve the request once it is awake, or the control
   * plane is to load the adapter on one that is up or will be.
   */
  boolean comes() {
    boolean loads = row != null && row.expected();
    for (int at = 0; at < endpoints.size(); at++) {
      EndpointState state = endpoints.get(at);
      boolean wakes = pool.wakes(state);
      boolean comes = loads ? wakes || state.up() : wakes && serves(at);
      if (comes && !request.pinnedElsewhere(state.endpoint().address())) {
        return true;
      }
    }
    return false;
  }

  /** Returns whether the endpoint at a position serves the model, up or not. */
  boolean serves(int at) {
    return everywhere || (row != null && row.registered(at));
  }

  /**
   * From now on ejected endpoints may serve the request as well: for who has no other, one that
   * fails some requests is better than none.
   *
   * @return whether that makes a difference
   */
  boolean admitEjected() {
    boolean before = admitsEjected;
    admitsEjected = true;
    return !before && endpoints.stream().anyMatch(at -> at.health() == Health.EJECTED);
  }

  /** The adapter's homes, those among them that are down included; they are the nearest ones. */
  int homes() {
    return homes;
  }

  /** The position of the n-th nearest home. */
  int nearestHome(int n) {
    return Objects.requireNonNull(order).nearest(n);
  }

  /**
   * The first position from {@code from} on where the adapter is in a GPU slot or has requests; -1
   * when there is none.
   */
  int nextHere(int from) {
    return row == null || !adapter ? -1 : row.nextHere(from);
  }

  /** How much longer a swap of the adapter takes than one of the pool's mean. */
  double size() {
    return row == null ? 1 : row.size();
  }

  /**
   * What the request costs at least where its adapter is not and that is not its home: a swap and
   * the penalty for the place, in milliseconds; 0 when that is not known of every endpoint.
   */
  double leastAway() {
    boolean known = row != null && adapter && now - pool.oldestLoadAt() <= staleAfter;
    return known ? pool.leastSwapMillis() * size() : 0;
  }

  /**
   * Moves to the endpoint at a position of the snapshot; returns whether it may serve the request,
   * unless it is {@link #saturated}.
   *
   * @param home whether it is known to be one of the adapter's homes
   */
  boolean moveTo(int at, boolean home) {
    position = at;
    this.home = home;
    EndpointState next = endpoints.get(at);
    state = next;
    if (!admits(next) || !serves(position) || excluded(next)) {
      return false;
    }
    cell = adapter ? cell(next) : null;
    level = null;
    fresh = next.fresh(now, staleAfter);
    load = next.eased(fresh ? next.expectedRequests(now) : staleLoad(next), now);
    return true;
  }

  /** What the engine does not run, it need not be awake for. */
  private boolean admits(EndpointState at) {
    return at.up()
        || (admitsEjected && at.health() == Health.EJECTED)
        || (at.asleep() && !request.usesAdapter());
  }

  private @Nullable AdapterCell cell(EndpointState at) {
    return row != null ? row.cell(position) : at.inFlight().cell(request.model());
  }

  /** Returns whether the request must not go there, whatever the endpoint's state. */
  boolean excluded(EndpointState at) {
    String address = at.endpoint().address();
    boolean tried = !request.tried().isEmpty() && request.tried().contains(address);
    return tried || request.pinnedElsewhere(address);
  }

  /**
   * Returns whether the endpoint has more requests than it may; those that its engine does not run
   * do not matter.
   */
  boolean saturated() {
    return request.usesAdapter() && state().saturated(settings, fresh);
  }

  /** What a stale endpoint counts as: the median of the fresh ones, else its own requests. */
  private double staleLoad(EndpointState at) {
    if (Double.isNaN(staleLoad)) {
      double[] loads =
          endpoints.stream()
              .filter(other -> other.up() && other.fresh(now, staleAfter))
              .mapToDouble(EndpointState::requests)
              .toArray();
      Arrays.sort(loads);
      staleLoad = loads.length == 0 ? -1 : loads[loads.length / 2];
    }
    return staleLoad < 0 ? at.inFlight().total() : staleLoad;
  }

  int endpoints() {
    return endpoints.size();
  }

  RoutingSettings settings() {
    return settings;
  }

  double adapterRate() {
    return adapterRate;
  }

  EndpointState state() {
    return Objects.requireNonNull(state);
  }

  LearnedTimes times() {
    return state().times();
  }

  /** The endpoint's position in the snapshot. */
  int position() {
    return position;
  }

  /** The adapter there, or null when the request needs none. */
  @Nullable AdapterCell cell() {
    return cell;
  }

  /** Requests there. */
  double load() {
    return load;
  }

  /** Returns whether the endpoint is one of the adapter's homes. */
  boolean home() {
    return home;
  }

  /** Where the adapter is. */
  Residency level() {
    Residency known = level;
    if (known == null) {
      known = cell == null ? Residency.GPU : fresh ? levelInLru() : Residency.UNKNOWN;
      level = known;
    }
    return known;
  }

  private Residency levelInLru() {
    EndpointState.Held held = state().residency();
    if (row == null) {
      return held.level(request.model());
    }
    return held.known() ? row.level(position) : Residency.UNKNOWN;
  }

  boolean unknown() {
    return level() == Residency.UNKNOWN;
  }

  /** Returns whether the adapter is there or about to be: no further swap is needed. */
  boolean here() {
    return cell == null || level() == Residency.GPU || busy(cell);
  }

  /** Returns whether the request would need no swap and wait for none. */
  boolean resident() {
    return cell == null || (here() && !cell.loading(now));
  }

  private boolean busy(AdapterCell at) {
    return row != null ? row.busy(position) : at.inFlight() > 0;
  }

  /**
   * Returns whether the adapter has a slot or could get one now; else the engine holds the request
   * back.
   */
  boolean startsNow() {
    return state().slotFree() || (here() && (cell == null || !cell.deferred()));
  }

  /** Returns whether the engine could start the request now, if need be after a swap. */
  boolean hasRoom() {
    return state().placeFree(settings.maxNumSeqs())
        && (cell == null || unknown() || (startsNow() && !cell.closed()));
  }

  /** How much longer the swaps under way there will take, in milliseconds; they stop the batch. */
  double swapsMillis() {
    return (Math.max(now, state().inFlight().swapsEnd()) - now) / 1e6;
  }

  /** Adapters that are being loaded there. */
  int swaps() {
    return state().inFlight().swaps(now);
  }

  /** The demand of the adapter that a swap would evict there. */
  double victimRate() {
    return victimRate(state());
  }

  double victimRate(EndpointState at) {
    String victim = at.residency().victim();
    return victim == null ? 0 : demand.rate(victim, demandNow);
  }

  /**
   * Breaks an exact tie with another one: by the prompt, so that its KV cache is found again, else
   * by the model: the nearer home wins.
   */
  boolean winsTie(EndpointState other) {
    long hash = request.promptHash() != 0 ? request.promptHash() : modelHash;
    return Hashing.score(hash, state().hash()) > Hashing.score(hash, other.hash());
  }

  /** Rendezvous score of the model there; higher is nearer home. */
  long rank() {
    return Hashing.score(modelHash, state().hash());
  }
}
