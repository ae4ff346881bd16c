package dev.loragateway.registry;

import dev.loragateway.model.Endpoint;
import dev.loragateway.model.EndpointLoad;
import dev.loragateway.model.EngineSleep;
import dev.loragateway.model.Health;
import dev.loragateway.model.ModelCard;
import dev.loragateway.registry.EndpointState.Held;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All that is known about one endpoint, from which snapshots are made. Confined to the registry's
 * lock.
 */
final class LiveEndpoint {
  /** Of one scrape in the average of what others send. */
  private static final double USUAL_WEIGHT = 0.1;

  final InFlight inFlight = new InFlight();
  final LearnedTimes times;
  final ResidencyTracker tracker;
  private final long hash;
  private Endpoint endpoint;
  private PoolSettings pool;
  private final Ejection ejection = new Ejection();
  private Health health = Health.UNKNOWN;
  private long upSince;
  private long slowFrom;
  private long slowUntil = Long.MIN_VALUE;
  private EngineSleep sleep = EngineSleep.UNKNOWN;
  private boolean sleepHeld;
  private long sleepToldAt = Long.MIN_VALUE;
  private @Nullable EndpointLoad load;
  private long loadAt;
  private int others;
  private double othersUsually;
  private int inFlightAtScrape;
  private int inFlightAtScrapeStart;
  private int othersAdapters;
  private boolean slotsKnown;
  private int insertionsAtScrapeStart;
  private long scrapeBeganAt;
  private int reportedSlots;
  private boolean asked;
  private boolean relist = true;
  private boolean listedWhileDown;
  private Changes changes = new Changes();
  private Map<String, ModelCard> models = Map.of();

  /** When the control plane said of models that they were loaded, until the server lists them. */
  private final Map<String, Long> told = new HashMap<>();

  private long modelsAskedAt;
  private List<String> declared = List.of();
  private List<String> hints = List.of();
  private @Nullable Held held;
  private @Nullable EndpointState state;

  LiveEndpoint(Endpoint endpoint, PoolSettings pool, ResidencyTracker.Listener swaps) {
    this.endpoint = endpoint;
    this.pool = pool;
    this.hash = Hashing.of(endpoint.address());
    this.times = new LearnedTimes(pool.routing());
    this.tracker = new ResidencyTracker(1, 1, swaps);
  }

  void configure(Endpoint endpoint, PoolSettings pool) {
    this.endpoint = endpoint;
    this.pool = pool;
    residencyChanged();
  }

  Endpoint endpoint() {
    return endpoint;
  }

  PoolSettings pool() {
    return pool;
  }

  Map<String, ModelCard> models() {
    return models;
  }

  /** Returns whether a probe or a scrape ever succeeded. */
  boolean asked() {
    return asked;
  }

  /** GPU slots that the server reported last, 0 when it never did. */
  int reportedSlots() {
    return reportedSlots;
  }

  /** Notes whether the number of GPU slots is known or only assumed. */
  void slotsKnown(boolean known) {
    slotsKnown = known;
  }

  /** Changes are told there from now on. */
  void tells(Changes pool) {
    changes = pool;
  }

  private void changed() {
    state = null;
    changes.happened();
  }

  /** Forgets the view of the residency, so that the next snapshot makes a new one. */
  void residencyChanged() {
    held = null;
    changed();
  }

  /** Takes in what a probe said; returns whether the endpoint may be picked from now on. */
  boolean setHealth(Health next, long now) {
    boolean rises = next == Health.UP && health != Health.UP;
    health = next;
    if (rises) {
      back(now);
    }
    changed();
    asked |= next == Health.UP;
    return rises;
  }

  private void back(long now) {
    upSince = now;
    ejection.end(now);
    inFlight.failing(false);
  }

  /** Whether it may be picked. */
  Health health() {
    if (health == Health.UP && sleep != EngineSleep.UNKNOWN && sleep != EngineSleep.AWAKE) {
      return Health.ASLEEP;
    }
    return health == Health.UP && ejection.out() ? Health.EJECTED : health;
  }

  /**
   * The gateway puts its engine to sleep or wakes it. Scrapes that began earlier count no more.
   *
   * @param held whether no scrape counts before the next call of this
   */
  void sleeps(boolean asleep, boolean held, long now) {
    sleep = asleep ? EngineSleep.ASLEEP : EngineSleep.AWAKE;
    sleepHeld = held;
    sleepToldAt = now;
    changed();
  }

  /** Returns whether it may be picked, and might have been for so long. */
  boolean upFor(long nanos, long now) {
    return health() == Health.UP && now - upSince >= nanos;
  }

  /** From now on it is eased in. */
  void startSlowly(long now) {
    slowFrom = now;
    slowUntil = now + pool.outlier().slowStart().toNanos();
    changed();
  }

  /** A request failed; returns whether too many did. */
  boolean failed() {
    inFlight.failing(true);
    return ejection.failed(pool.outlier());
  }

  /** A request went well. */
  void succeeded() {
    inFlight.failing(false);
    ejection.succeeded();
  }

  void eject(long now) {
    ejection.begin(pool.outlier(), now);
    changed();
  }

  /** When it may be picked again; {@code Long.MAX_VALUE} when it is not ejected. */
  long ejectedUntil() {
    return ejection.out() ? ejection.until() : Long.MAX_VALUE;
  }

  /** It may be picked again. */
  void returned(long now) {
    back(now);
    changed();
  }

  /** Remembers what an answer that is about to be asked for cannot know. */
  void scrapeBegins(long now) {
    scrapeBeganAt = now;
    inFlightAtScrapeStart = inFlight.total();
    insertionsAtScrapeStart = tracker.insertions();
  }

  /** Takes in a scrape; returns how many adapters were estimated wrongly. */
  int scraped(EndpointLoad next, long now) {
    boolean restarted = load != null && restarted(load.processStart(), next.processStart());
    if (load == null || load.engines() != next.engines()) {
      residencyChanged();
    }
    boolean first = load == null || restarted;
    load = next;
    if (next.sleep() != EngineSleep.UNKNOWN && !sleepHeld && scrapeBeganAt > sleepToldAt) {
      sleep = next.sleep();
    }
    changed();
    reportedSlots = next.maxLora() > 0 ? next.maxLora() : reportedSlots;
    loadAt = now;
    asked = true;
    inFlightAtScrape = Math.max(inFlight.total(), inFlightAtScrapeStart);
    othersAdapters = othersAdapters(next);
    others = Math.max(0, next.running() + next.waiting() - inFlightAtScrape);
    othersUsually += (first ? 1 : USUAL_WEIGHT) * (others - othersUsually);
    boolean ofThisServer = listedWhileDown;
    listedWhileDown = false;
    if (restarted) {
      restarted(ofThisServer);
      return 0;
    }
    return tracker.insertions() == insertionsAtScrapeStart ? correct(next, now) : 0;
  }

  /** An adapter that was used since the scrape began was the gateway's own, if it was anybody's. */
  private int othersAdapters(EndpointLoad next) {
    int others = 0;
    if (next.active() != null) {
      for (String adapter : next.active()) {
        AdapterCell cell = inFlight.cell(adapter);
        boolean own = cell.inFlight() > 0 || (cell.used() && cell.lastUsed() >= scrapeBeganAt);
        others += own ? 0 : 1;
      }
    }
    return others;
  }

  /** A list that came while the server was not up yet is the new server's. */
  private void restarted(boolean listed) {
    tracker.restarted();
    hints = List.of();
    relist = !listed;
    if (listed) {
      models.values().stream().filter(ModelCard::isAdapter).forEach(c -> tracker.assumed(c.id()));
    }
    residencyChanged();
  }

  private static boolean restarted(double before, double after) {
    return !Double.isNaN(before) && !Double.isNaN(after) && before != after;
  }

  /** A swap since the scrape began would make its answer contradict what is newer. */
  private int correct(EndpointLoad next, long now) {
    int corrections = 0;
    if (next.loaded() != null) {
      corrections = tracker.reported(next.loaded());
    } else {
      corrections = tracker.observed(lastActive(next, scrapeBeganAt), scrapeBeganAt);
      corrections += provesGpu(next) ? proved(Objects.requireNonNull(next.active()), now) : 0;
    }
    residencyChanged();
    return corrections;
  }

  /** When each adapter last had requests, on the registry's clock. */
  private static Map<String, Long> lastActive(EndpointLoad load, long began) {
    Map<String, Long> times = new HashMap<>();
    load.idleSeconds().forEach((name, idle) -> times.put(name, began - (long) (idle * 1e9)));
    return times;
  }

  /**
   * Names of the newest series are in GPU slots only when they fit and nothing waits for a slot.
   */
  private static boolean provesGpu(EndpointLoad load) {
    return load.active() != null
        && load.engines() == 1
        && load.waiting() == 0
        && load.active().size() <= load.maxLora();
  }

  private int proved(Set<String> active, long now) {
    Set<String> gpu = new LinkedHashSet<>(tracker.gpu());
    int corrections = 0;
    for (String adapter : active) {
      if (!gpu.contains(adapter)) {
        tracker.loaded(adapter, now);
        corrections++;
      }
    }
    return corrections;
  }

  /**
   * Takes in {@code /v1/models}. A load through the API takes a slot, and so do the adapters given
   * at the server's start, one after the other in this order; so new names are touched in it.
   */
  void listed(List<ModelCard> cards, long now) {
    listedWhileDown = health != Health.UP;
    Map<String, ModelCard> next = new LinkedHashMap<>();
    for (ModelCard card : cards) {
      next.put(card.id(), card);
    }
    keepTold(next);
    if (!relist && next.keySet().equals(models.keySet())) {
      models = next;
      return;
    }
    for (ModelCard old : models.values()) {
      if (old.isAdapter() && !next.containsKey(old.id())) {
        tracker.unregistered(old.id());
      }
    }
    for (ModelCard card : cards) {
      boolean isNew = relist || !models.containsKey(card.id());
      if (!card.isAdapter() || !isNew || tracker.knows(card.id())) {
        continue;
      }
      if (relist) {
        tracker.assumed(card.id());
      } else {
        tracker.loaded(card.id(), now);
      }
    }
    models = next;
    relist = false;
    hint();
    changes.ofModels();
    residencyChanged();
  }

  /** The server is about to be asked for its models: what is loaded from now on may be missing. */
  void modelsBegin(long now) {
    modelsAskedAt = now;
  }

  /** An answer that was asked for before a model was loaded says nothing of it. */
  private void keepTold(Map<String, ModelCard> next) {
    told.values().removeIf(at -> at - modelsAskedAt <= 0);
    told.keySet()
        .forEach(name -> next.computeIfAbsent(name, key -> models.getOrDefault(key, card(key))));
  }

  /** The control plane loaded a model there. */
  void told(String model, long now) {
    told.put(model, now);
    if (!models.containsKey(model)) {
      Map<String, ModelCard> next = new LinkedHashMap<>(models);
      next.put(model, card(model));
      models = next;
      tracker.loaded(model, now);
      changes.ofModels();
      residencyChanged();
    }
  }

  private ModelCard card(String adapter) {
    return new ModelCard(adapter, pool.baseModel(), null, 0, 0);
  }

  /** Others declare what the server holds, the adapters used last first, and that it is up. */
  void declared(List<String> adapters, long now) {
    if (adapters.equals(declared)) {
      return;
    }
    declared = adapters;
    hints = adapters;
    if (!adapters.isEmpty() && !asked && health == Health.UNKNOWN && models.isEmpty()) {
      assume(adapters, now);
    }
    hint();
  }

  /** Below whatever the server's own words and answers showed. */
  private void hint() {
    boolean reported = load != null && load.loaded() != null;
    if (!reported && !hints.isEmpty()) {
      tracker.hinted(hints.stream().filter(models::containsKey).toList());
      residencyChanged();
    }
  }

  private void assume(List<String> adapters, long now) {
    Map<String, ModelCard> next = new LinkedHashMap<>();
    for (String adapter : adapters) {
      next.put(adapter, card(adapter));
    }
    models = next;
    changes.ofModels();
    var _ = setHealth(Health.UP, now);
  }

  /** The server says that it does not know the adapter. */
  void lost(String adapter) {
    told.remove(adapter);
    if (models.containsKey(adapter)) {
      Map<String, ModelCard> next = new LinkedHashMap<>(models);
      next.remove(adapter);
      models = next;
      changes.ofModels();
      tracker.unregistered(adapter);
      residencyChanged();
    }
  }

  Held held() {
    Held view = held;
    if (view == null) {
      List<String> gpu = tracker.gpu();
      List<String> cpu = tracker.cpu();
      boolean reported = load != null && load.loaded() != null;
      view =
          new Held(
              known(),
              reported,
              tracker.gpuSlots(),
              slotsKnown,
              gpu,
              cpu,
              tracker.changes(),
              tracker.victim());
      held = view;
    }
    return view;
  }

  /**
   * With several engines behind one server each has slots of its own, and requests are spread
   * unseen.
   */
  private boolean known() {
    if (load != null && load.loaded() != null) {
      return true;
    }
    boolean oneEngine = load == null || load.engines() == 1;
    return oneEngine && (pool.loraMetrics() || pool.adapterSlots() > 0 || reportedSlots() > 0);
  }

  long hash() {
    return hash;
  }

  /** The present state; the same object as before when nothing changed. */
  EndpointState state(boolean victimIsSole) {
    EndpointState now = state;
    if (now == null || now.victimIsSole() != victimIsSole) {
      now =
          new EndpointState(
              endpoint,
              health(),
              slowFrom,
              slowUntil,
              !relist,
              load,
              loadAt,
              inFlightAtScrape,
              others,
              othersUsually,
              othersAdapters,
              held(),
              victimIsSole,
              inFlight,
              times,
              hash,
              models);
      state = now;
    }
    return now;
  }
}
