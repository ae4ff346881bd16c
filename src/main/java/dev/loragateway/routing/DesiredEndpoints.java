package dev.loragateway.routing;

import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.PoolSettings;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RoutingSettings;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * How many endpoints a pool should have for its load and for its adapters, whatever it has now: the
 * largest of the three numbers below, at least 1. Stateless.
 *
 * <ul>
 *   <li>Load: (sum of u + queued / places) / utilization. The u of an endpoint that is up is the
 *       fullest of its batch (requests / places), its KV cache and the gateway's own cap. When more
 *       than {@code maxWaiting} requests wait in its engine, what the engine runs is all that it
 *       can, whatever {@code maxNumSeqs} says: those are its places then. (Requests that have just
 *       come wait, too; a scaler that takes the least number of a minute does not see those.)
 *   <li>Slots: sum of min(1, (1 - e^(-rate x answer)) / utilization) / slots. The engine holds back
 *       the requests of an adapter while its slots run others, so each adapter needs a slot for the
 *       share of time in which it has requests; one that always has some needs no reserve.
 *   <li>Swaps: the least n for which misses per second x swap / n is at most {@code swapTime}. A
 *       swap stops the whole batch. The n x slots adapters that are asked for most need none; the
 *       next ones, up to n x CPU slots, come from host memory and the others from disk.
 * </ul>
 *
 * <p>All three are by the work that there is, not by the endpoints that there are, so that
 * following the number does not change it. It follows a burst at once: hysteresis is the scaler's.
 * Where no endpoint is up nothing is known, and the pool should stay as large as it is.
 */
public final class DesiredEndpoints {
  private static final double ROUNDING = 1e-9;

  private DesiredEndpoints() {}

  /**
   * The number for a pool.
   *
   * @param queued requests that wait in this gateway
   * @param demand rates as this gateway sees them
   * @param now in the registry's nanoseconds
   */
  public static int of(PoolSnapshot pool, int queued, AdapterDemand demand, long now) {
    List<EndpointState> up = pool.endpoints().stream().filter(EndpointState::up).toList();
    if (up.isEmpty()) {
      return Math.max(1, pool.endpoints().size());
    }
    return Math.max(byLoad(pool.settings(), up, queued, now), byAdapters(pool, up, demand));
  }

  private static int byLoad(PoolSettings settings, List<EndpointState> up, int queued, long now) {
    double taken = 0;
    double room = 0;
    for (EndpointState at : up) {
      boolean fresh = at.fresh(now, settings.staleAfter().toNanos());
      double places = places(at, fresh, settings.routing());
      double cap = cap(settings.routing());
      taken += taken(at, fresh, places, cap);
      room += Math.min(places, cap);
    }
    return whole((taken + (double) queued * up.size() / room) / utilization(settings));
  }

  private static double utilization(PoolSettings settings) {
    return settings.scaling().utilizationPercent() / 100.0;
  }

  /** The gateway's own requests that an endpoint may have. */
  private static double cap(RoutingSettings settings) {
    return settings.maxInFlight() == 0 ? Double.POSITIVE_INFINITY : settings.maxInFlight();
  }

  private static double places(EndpointState at, boolean fresh, RoutingSettings settings) {
    if (at.load() == null) {
      return settings.maxNumSeqs();
    }
    int places = settings.maxNumSeqs() * at.load().engines();
    int running = at.load().running();
    boolean queues = at.load().waiting() - at.load().deferred() > settings.maxWaiting();
    return fresh && queues && running > 0 ? Math.min(running, places) : places;
  }

  private static double taken(EndpointState at, boolean fresh, double places, double cap) {
    int own = at.inFlight().total();
    if (!fresh || at.load() == null) {
      return own / Math.min(places, cap);
    }
    double requests = at.load().running() + at.load().waiting();
    double kvCache = Double.isNaN(at.load().kvCache()) ? 0 : at.load().kvCache();
    return Math.max(Math.max(requests / places, kvCache), own / cap);
  }

  /** The number for the adapters; 1 where it is unknown how many an endpoint holds. */
  private static int byAdapters(PoolSnapshot pool, List<EndpointState> up, AdapterDemand demand) {
    List<EndpointState> known =
        up.stream().filter(at -> at.residency().known() && at.residency().slotsKnown()).toList();
    if (known.isEmpty()) {
      return 1;
    }
    double[] rates = rates(pool, demand);
    double slots = mean(known, at -> at.residency().slots());
    int bySlots = whole(busy(rates, pool) / slots);
    return Math.max(bySlots, bySwaps(rates, slots, pool.settings(), known));
  }

  /** What each adapter is asked for per second, ascending. */
  private static double[] rates(PoolSnapshot pool, AdapterDemand demand) {
    double now = demand.now();
    double[] rates =
        pool.adapters().keySet().stream().mapToDouble(name -> demand.rate(name, now)).toArray();
    Arrays.sort(rates);
    return rates;
  }

  private static double mean(List<EndpointState> endpoints, ToDoubleFunction<EndpointState> of) {
    return endpoints.stream().mapToDouble(of).sum() / endpoints.size();
  }

  /** Slots that are needed for the adapters with requests at one moment. */
  private static double busy(double[] rates, PoolSnapshot pool) {
    double answer = pool.answerMillis() / 1000;
    double utilization = utilization(pool.settings());
    double busy = 0;
    for (double rate : rates) {
      busy += Math.min(1, -Math.expm1(-rate * answer) / utilization);
    }
    return busy;
  }

  private static int bySwaps(
      double[] rates, double slots, PoolSettings settings, List<EndpointState> known) {
    double cpuSlots = Math.max(slots, settings.cpuAdapterSlots());
    double cpuSwap = mean(known, at -> at.times().cpuSwap()) / 1000;
    double diskSwap = Math.max(cpuSwap, mean(known, at -> at.times().diskSwap()) / 1000);
    double allowed = settings.scaling().swapTimePercent() / 100.0;
    double[] rarest = new double[rates.length + 1];
    for (int i = 0; i < rates.length; i++) {
      rarest[i + 1] = rarest[i] + rates[i];
    }
    int enough = whole(rates.length / slots);
    int tooFew = 0;
    while (enough - tooFew > 1) {
      int n = (tooFew + enough) >>> 1;
      double swapping =
          beyond(n * slots, rarest) * cpuSwap + beyond(n * cpuSlots, rarest) * (diskSwap - cpuSwap);
      if (swapping <= allowed * n) {
        enough = n;
      } else {
        tooFew = n;
      }
    }
    return enough;
  }

  /** Requests per second for the adapters that so many slots do not hold. */
  private static double beyond(double slots, double[] rarest) {
    return rarest[Math.max(0, rarest.length - 1 - (int) slots)];
  }

  /** Rounds up, to at least 1. */
  private static int whole(double endpoints) {
    return (int) Math.max(1, Math.ceil(endpoints - ROUNDING));
  }
}
