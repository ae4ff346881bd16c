package dev.loragateway.routing;

import dev.loragateway.model.Residency;
import dev.loragateway.registry.LearnedTimes;
import dev.loragateway.registry.RoutingSettings;

/**
 * What sending a request to an endpoint is estimated to cost, in milliseconds: its own delay plus
 * the harm that it does to others. Stateless.
 */
/*
 * wait      max(0, load + 1 - P) / P x L x itl        for a place in the batch
 * swaps     until those under way there are over      they stop the batch
 * deferral  L x itl / 2                               when every slot runs another adapter
 * swap      size x (CPU or disk) x (1 + requests in flight)
 *                                                     a swap blocks the whole batch, and those under
 *           + swaps under way x requests in flight    way before it have kept it waiting already
 * load      0.3 x load x itl                          each request in the batch slows each token
 * home      size x one disk swap                      when a swap would happen off the adapter's home
 * eviction  one disk swap x min(1, demand of victim / demand of adapter)
 *                                                     when the victim is in no other GPU slot
 *
 * size = bytes of the adapter as a multiple of the pool's mean, where they are known,
 * P = batch places, L = output tokens per request, itl = time per token; the last three are learned.
 *
 * The eviction term is what keeps a set of adapters that fits into the pool's slots resident: pushing
 * out the only copy of an adapter that is asked for as often costs one swap to bring it back; pushing
 * out a second copy costs nothing.
 *
 * No term is negative, so the sum of the first ones is a lower bound: the cheap ones come first, and
 * most endpoints are out before the dear ones are looked up.
 */
final class CostModel {
  /**
   * How much of a token's time each request in the batch costs: found by simulation, which is not
   * very sensitive to it.
   */
  private static final double LOAD = 0.3;

  /** A home is given up when this many times the demand would still need no more of them. */
  private static final double SLACK = 1.25;

  private CostModel() {}

  /** The cost, or any lower bound of it that is above {@code enough} already. */
  static double cost(Candidate at, double enough) {
    LearnedTimes times = at.times();
    double places = at.settings().maxNumSeqs();
    double waiting = at.load() + 1 - places;
    double wait = waiting <= 0 ? 0 : waiting / places * times.answer();
    double cost = wait + at.load() * place(times);
    if (cost > enough) {
      return cost;
    }
    double swaps = at.swapsMillis();
    cost += swaps;
    if (at.cell() == null || cost > enough) {
      return cost;
    }
    if (at.here()) {
      return cost + (at.unknown() || at.startsNow() ? 0 : times.answer() / 2);
    }
    int others = at.state().inFlight().total();
    double swap = at.size() * swapTime(at.level(), times) * (1 + others) + swaps * others;
    if (at.unknown()) {
      return cost + swap;
    }
    swap += at.home() ? 0 : at.size() * times.diskSwap();
    if (cost + swap > enough) {
      return cost + swap;
    }
    cost += at.startsNow() ? 0 : times.answer() / 2;
    if (!at.state().victimIsSole() || cost + swap > enough) {
      return cost + swap;
    }
    double demand = at.victimRate() / Math.max(at.adapterRate(), 1e-9);
    return cost + (swap + times.diskSwap() * Math.min(1, demand));
  }

  /** The same cost, part by part. */
  static Cost parts(Candidate at) {
    LearnedTimes times = at.times();
    double places = at.settings().maxNumSeqs();
    double waiting = at.load() + 1 - places;
    double batch = waiting <= 0 ? 0 : waiting / places * times.answer();
    double load = at.load() * place(times);
    double swaps = at.swapsMillis();
    if (at.cell() == null) {
      return new Cost(batch, load, swaps, 0, 0, 0, 0, 0, 0);
    }
    double deferral = at.unknown() || at.startsNow() ? 0 : times.answer() / 2;
    if (at.here()) {
      return new Cost(batch, load, swaps, deferral, 0, 0, 0, 0, 0);
    }
    int others = at.state().inFlight().total();
    double swap = at.size() * swapTime(at.level(), times);
    double harm = (swap + swaps) * others;
    if (at.unknown()) {
      return new Cost(batch, load, swaps, 0, swap, harm, 0, 0, 0);
    }
    double home = at.home() ? 0 : at.size() * times.diskSwap();
    double demand = at.victimRate() / Math.max(at.adapterRate(), 1e-9);
    double eviction = at.state().victimIsSole() ? times.diskSwap() * Math.min(1, demand) : 0;
    return new Cost(batch, load, swaps, deferral, swap, harm, home, eviction, 0);
  }

  /** What one more request in the batch costs. */
  static double place(LearnedTimes times) {
    return LOAD * times.tokenTime();
  }

  /**
   * The time that bringing the adapter into a GPU slot takes; where unknown, the neutral middle.
   */
  static double swapTime(Residency level, LearnedTimes times) {
    return switch (level) {
      case GPU -> 0;
      case CPU, UNKNOWN -> times.cpuSwap();
      case REGISTERED -> times.diskSwap();
    };
  }

  /**
   * The number of homes: as many as the adapter's demand fills batch places, to 70% at most. They
   * become fewer only when one less would be filled to no more than 56%, so that their number does
   * not flap.
   *
   * @param rate of the model's requests, per second
   */
  static int homes(
      AdapterDemand.Model model, double rate, double answerMillis, RoutingSettings settings) {
    double needed = rate * answerMillis / 1000 / (0.7 * settings.maxNumSeqs());
    int least = atLeastOne(needed);
    return model.homes(least, Math.max(least, atLeastOne(needed * SLACK)));
  }

  private static int atLeastOne(double needed) {
    return (int) Math.max(1, Math.ceil(needed));
  }
}
