package dev.loragateway.routing;

import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.RoutingPolicy;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Looks for the best endpoint of one request. Confined to one pick. */
final class Choice {
  /** There is no endpoint, or none is up. */
  static final int NONE = -1;

  /** Each has more requests than it may. */
  static final int SATURATED = -2;

  /** Some could take the request, but none could start it now. */
  static final int NO_ROOM = -3;

  private final Candidate at;
  private final RoutingPolicy policy;
  private final RandomGenerator random;
  private final @Nullable String kept;
  private final int turn;
  private final boolean startsNow;

  private int best = NONE;
  private @Nullable EndpointState bestState;
  private boolean bestIsHome;
  private long bestKey;
  private double bestScore = Double.POSITIVE_INFINITY;

  /**
   * Makes a choice that has looked at no endpoint yet.
   *
   * @param kept address of the session's endpoint, or null
   * @param turn the position at which round robin begins
   * @param mayWait whether the request would rather wait than go where it cannot start now
   */
  Choice(Candidate at, RandomGenerator random, @Nullable String kept, int turn, boolean mayWait) {
    this.at = at;
    this.policy = at.settings().policy();
    this.random = random;
    this.kept = kept;
    this.turn = turn;
    this.startsNow = mayWait && policy == RoutingPolicy.LORA_AWARE;
  }

  /**
   * Looks once.
   *
   * @return the position of the best endpoint, or {@link #NONE}, {@link #SATURATED} or {@link
   *     #NO_ROOM}
   */
  int find() {
    best = NONE;
    bestState = null;
    bestScore = Double.POSITIVE_INFINITY;
    if (!nearIsBest()) {
      for (int position = 0; position < at.endpoints(); position++) {
        look(position, false);
      }
    }
    return best;
  }

  /** Whether an endpoint that could not start the request now counts for nothing. */
  boolean startsNow() {
    return startsNow;
  }

  /** Whether a state's endpoint is where the session has been so far. */
  boolean keeps(EndpointState state) {
    return kept != null && kept.equals(state.endpoint().address());
  }

  /** The score of what was found; under a policy with costs, the cost in milliseconds. */
  double score() {
    return bestScore;
  }

  /**
   * Looks at the adapter's homes and where it is, which are few; returns whether no other endpoint
   * can be better: each of those needs a swap away from home.
   */
  private boolean nearIsBest() {
    for (int n = 0; n < at.homes(); n++) {
      look(at.nearestHome(n), true);
    }
    if (policy != RoutingPolicy.LORA_AWARE || kept != null) {
      return false;
    }
    for (int next = at.nextHere(0); next >= 0; next = at.nextHere(next + 1)) {
      look(next, false);
    }
    return bestState != null && bestState.local() && bestScore < at.leastAway();
  }

  /** Takes the endpoint if it may serve the request and is better than the best so far. */
  private void look(int position, boolean home) {
    if (!at.moveTo(position, home)) {
      return;
    }
    long key = policy == RoutingPolicy.TIERED ? TieredOrder.key(at) : 0;
    double score = score(bestState == null || bestState.local() ? bestScore : Double.MAX_VALUE);
    if (bestState != null && !before(bestState, key, score)) {
      return;
    }
    if (at.saturated()) {
      best = best == NONE ? SATURATED : best;
    } else if (startsNow && !at.hasRoom()) {
      best = bestState == null ? NO_ROOM : best;
    } else {
      best = position;
      bestState = at.state();
      bestIsHome = at.home();
      bestKey = key;
      bestScore = score;
    }
  }

  /** The lower, the better; inexact above {@code enough}. */
  private double score(double enough) {
    return switch (policy) {
      case LORA_AWARE -> cost(enough);
      case TIERED, LEAST_REQUEST -> at.load();
      case HASH -> -(double) at.rank();
      case ROUND_ROBIN -> Math.floorMod(at.position() - turn, at.endpoints());
      case RANDOM -> random.nextDouble();
    };
  }

  /** A session's endpoint may cost one batch place more. */
  private double cost(double enough) {
    if (!keeps(at.state())) {
      return CostModel.cost(at, enough);
    }
    double place = CostModel.place(at.times());
    return CostModel.cost(at, enough + place) - place;
  }

  /** An endpoint of another cluster only gets what none of the gateway's own can take. */
  private boolean before(EndpointState other, long key, double score) {
    if (at.state().local() != other.local()) {
      return at.state().local();
    }
    if (key != bestKey) {
      return key < bestKey;
    }
    if (TieredOrder.swaps(key)) {
      int order = Double.compare(at.victimRate(), at.victimRate(other));
      if (order != 0) {
        return order < 0;
      }
    }
    return score != bestScore ? score < bestScore : winsTie(other);
  }

  /**
   * Among equals a home wins. So an adapter that is asked for less, and has fewer homes then, is
   * drawn together again: its other copies are used no more and become the next to be evicted.
   */
  private boolean winsTie(EndpointState other) {
    return at.home() != bestIsHome ? at.home() : at.winsTie(other);
  }
}
