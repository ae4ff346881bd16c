package dev.loragateway.routing;

import dev.loragateway.model.Residency;
import dev.loragateway.registry.LearnedTimes;
import dev.loragateway.registry.RoutingSettings;
import org.jspecify.annotations.Nullable;

/**
 * What sending a request to an endpoint is estimated to cost, in milliseconds: its own delay plus
 * the harm that it does to others. Stateless.
 */
/*
 * wait      max(0, load + 1 - P) / P x L x itl        for a place in the batch
 * deferral  L x itl / 2                               when every slot runs another adapter
 * swap      (CPU or disk) x (1 + requests in flight)  a swap blocks the whole batch
 * load      load x itl                                each request in the batch slows each token
 * home      one disk swap                             when a swap would happen off the adapter's home
 * eviction  2 disk swaps x min(1, demand of victim / demand of adapter)
 *                                                     when the victim is in no other GPU slot
 *
 * P = batch places, L = output tokens per request, itl = time per token; the last three are learned.
 *
 * The eviction term is what keeps a set of adapters that fits into the pool's slots resident: pushing
 * out the only copy of an adapter that is asked for as often costs one swap to bring it back and the
 * home penalty of wherever that happens; pushing out a second copy costs nothing.
 */
final class CostModel {
  private CostModel() {}

  static double cost(
      Candidate at, RoutingSettings settings, boolean home, double adapterRate, double victimRate) {
    LearnedTimes times = at.state().times();
    double answer = times.outputTokens() * times.tokenTime();
    double places = settings.maxNumSeqs();
    double wait = Math.max(0, at.load() + 1 - places) / places * answer;
    double load = at.load() * times.tokenTime();
    if (at.cell() == null) {
      return wait + load;
    }
    double deferral = at.unknown() || at.startsNow() ? 0 : answer / 2;
    return wait + load + deferral + swap(at, home, adapterRate, victimRate);
  }

  private static double swap(Candidate at, boolean home, double adapterRate, double victimRate) {
    LearnedTimes times = at.state().times();
    if (at.here()) {
      return Math.min(at.loadingMillis(), times.diskSwap());
    }
    double harm = swapTime(at.level(), times) * (1 + at.state().inFlight().total());
    if (at.unknown()) {
      return harm;
    }
    double eviction =
        at.state().victimIsSole()
            ? 2 * times.diskSwap() * Math.min(1, victimRate / Math.max(adapterRate, 1e-9))
            : 0;
    return harm + (home ? 0 : times.diskSwap()) + eviction;
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

  /** The number of homes: as many as the adapter's demand fills batch places, to 70% at most. */
  static int homes(double rate, double answerMillis, RoutingSettings settings, int endpoints) {
    double needed = rate * answerMillis / 1000 / (0.7 * settings.maxNumSeqs());
    return (int) Math.clamp(Math.ceil(needed), 1, Math.max(1, endpoints));
  }

  /** The demand of the adapter that a swap would evict there. */
  static double victimRate(Candidate at, AdapterDemand demand) {
    @Nullable String victim = at.state().residency().victim();
    return victim == null ? 0 : demand.rate(victim);
  }
}
