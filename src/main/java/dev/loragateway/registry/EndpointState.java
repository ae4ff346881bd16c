package dev.loragateway.registry;

import dev.loragateway.model.Endpoint;
import dev.loragateway.model.EndpointLoad;
import dev.loragateway.model.EngineSleep;
import dev.loragateway.model.Health;
import dev.loragateway.model.ModelCard;
import dev.loragateway.model.Residency;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One endpoint as a snapshot sees it. Immutable, but for the live {@link InFlight} and {@link
 * LearnedTimes} that it points to.
 *
 * @param endpoint the replica
 * @param health whether it may be picked
 * @param slowFrom when it came to a pool that served already, in the registry's nanoseconds
 * @param slowUntil until when it gets less than its share therefore; {@code Long.MIN_VALUE} for one
 *     that does not
 * @param listed whether it has listed its models itself since it started
 * @param load what the last scrape said, or null before the first
 * @param loadAt when that was, in the registry's nanoseconds
 * @param inFlightAtScrape the gateway's own requests that the scrape already counted
 * @param others requests of others that the scrape counted
 * @param othersUsually the same, averaged over the last scrapes
 * @param othersAdapters distinct adapters of which the scrape saw requests while the gateway had
 *     none
 * @param residency the adapters it holds
 * @param victimIsSole whether the adapter that the next swap would evict is in no other GPU slot
 * @param inFlight live counts
 * @param times what its answers taught
 * @param hash of the address, for rendezvous hashing
 * @param models what it lists, by name
 */
public record EndpointState(
    Endpoint endpoint,
    Health health,
    long slowFrom,
    long slowUntil,
    boolean listed,
    @Nullable EndpointLoad load,
    long loadAt,
    int inFlightAtScrape,
    int others,
    double othersUsually,
    int othersAdapters,
    Held residency,
    boolean victimIsSole,
    InFlight inFlight,
    LearnedTimes times,
    long hash,
    Map<String, ModelCard> models) {

  /**
   * How fast the others' requests that a scrape saw are believed to be gone, per answer's time.
   * Found by simulation of 2 to 8 gateways.
   */
  private static final double FADING = 4;

  /** What an endpoint counts as that just came, of its size. */
  private static final double LEAST_SIZE = 0.1;

  /**
   * The adapters that an endpoint holds.
   *
   * @param known whether the swap state can be told at all
   * @param reported whether the server itself reports it; else it is estimated
   * @param slots GPU slots
   * @param slotsKnown whether their number is known, or only assumed
   * @param gpu adapters in GPU slots, oldest first
   * @param cpu adapters in host memory, oldest first, those in GPU slots among them
   * @param membership equal in two views that hold the same adapters at the same levels
   * @param victim the adapter that the next swap would evict; null when a slot is free or all are
   *     busy
   */
  public record Held(
      boolean known,
      boolean reported,
      int slots,
      boolean slotsKnown,
      List<String> gpu,
      List<String> cpu,
      int membership,
      @Nullable String victim) {

    /** Where the adapter's weights are; on disk when neither LRU has them. */
    public Residency level(String adapter) {
      if (!known) {
        return Residency.UNKNOWN;
      }
      return gpu.contains(adapter)
          ? Residency.GPU
          : cpu.contains(adapter) ? Residency.CPU : Residency.REGISTERED;
    }

    /** The level of each adapter that is in either LRU. */
    public Map<String, Residency> levels() {
      Map<String, Residency> levels = new HashMap<>();
      cpu.forEach(name -> levels.put(name, Residency.CPU));
      gpu.forEach(name -> levels.put(name, Residency.GPU));
      return levels;
    }
  }

  /** Returns whether the endpoint is in the gateway's own cluster. */
  public boolean local() {
    return endpoint.origin().local();
  }

  public boolean up() {
    return health == Health.UP;
  }

  /** Returns whether its engine sleeps. */
  public boolean asleep() {
    return health == Health.ASLEEP;
  }

  /** Returns whether its engine sleeps so that one call wakes it. */
  public boolean wakeable() {
    return asleep() && (load == null || load.sleep() != EngineSleep.SUSPENDED);
  }

  /**
   * A load as it counts while the endpoint is eased in: as if the server were so much smaller, from
   * a tenth up to its size, as Envoy's slow start has it.
   */
  public double eased(double load, long now) {
    if (now >= slowUntil) {
      return load;
    }
    double size = Math.max(LEAST_SIZE, (double) (now - slowFrom) / (slowUntil - slowFrom));
    return (load + 1) / size - 1;
  }

  /** Returns whether the last scrape is young enough to believe. */
  public boolean fresh(long now, long staleAfterNanos) {
    return load != null && now - loadAt <= staleAfterNanos;
  }

  /** Returns whether an adapter that has no requests there could get a GPU slot now. */
  public boolean slotFree() {
    return !residency.slotsKnown()
        || othersAdapters + inFlight.distinctAdapters() < residency.slots();
  }

  /**
   * Returns whether the batch has a place for one more request; the server's own word counts where
   * it runs more than {@code maxNumSeqs}.
   */
  public boolean placeFree(int maxNumSeqs) {
    if (load == null) {
      return requests() < maxNumSeqs;
    }
    int places = maxNumSeqs * load.engines();
    return load.running() >= places ? waiting(maxNumSeqs) == 0 : requests() < places;
  }

  /** Returns whether the endpoint has more to do than it may; {@code fresh} as above. */
  public boolean saturated(RoutingSettings settings, boolean fresh) {
    if (settings.maxInFlight() > 0 && inFlight.total() >= settings.maxInFlight()) {
      return true;
    }
    return fresh
        && load != null
        && (waiting(settings.maxNumSeqs()) > settings.maxWaiting()
            || load.kvCache() > settings.maxKvCache());
  }

  /**
   * Requests there now: those scraped that are not the gateway's own, plus the gateway's own.
   * Before a scrape only the latter. A stale poll thus causes no herd, and a finished request
   * counts at once.
   */
  public int requests() {
    return others + inFlight.total();
  }

  /**
   * The same as far as it can be told some time after the scrape: within the time of an answer the
   * others' requests are other ones, and their number is rather what it usually is. Gateways that
   * believed an old scrape would all send to the endpoint that was the emptiest then.
   */
  public double expectedRequests(long now) {
    double unusual = others - othersUsually;
    if (unusual == 0) {
      return requests();
    }
    double answers = (now - loadAt) / 1e6 / times.answer();
    return inFlight.total() + othersUsually + unusual / (1 + FADING * answers);
  }

  /**
   * Requests that wait for a place in the server's batch now; those that wait for an adapter's slot
   * hold nobody else back. While its batch has room, those that wait do so for another reason than
   * their number, and what the gateway sent since the scrape does not wait behind them.
   */
  public int waiting(int maxNumSeqs) {
    if (load == null) {
      return 0;
    }
    int places = maxNumSeqs * load.engines();
    int since = inFlight.total() - inFlightAtScrape;
    int waiting = load.waiting() - load.deferred();
    if (load.running() < places) {
      return Math.max(0, Math.max(waiting + Math.min(0, since), requests() - places));
    }
    return Math.max(0, waiting + since);
  }
}
