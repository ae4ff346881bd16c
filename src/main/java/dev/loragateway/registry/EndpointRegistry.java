package dev.loragateway.registry;

import dev.loragateway.model.Endpoint;
import dev.loragateway.model.EndpointLoad;
import dev.loragateway.model.Health;
import dev.loragateway.model.ModelCard;
import dev.loragateway.model.Residency;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which endpoints exist, how they fare and which adapters they hold; the only writer of {@link
 * RegistrySnapshot}. Thread-safe.
 */
/*
 * Reading is one volatile load. Writers (discovery, scrapes, the drain of touches) take one lock, change
 * the LiveEndpoints and store a new snapshot. Event loops never take the lock: they count in the live
 * InFlight cells and append to `touches`, which the drains' executor drains as soon as a touch may have
 * moved an adapter, and which every other writer drains first, so that events keep their order.
 */
public final class EndpointRegistry {
  /** A victim used within this time is evicted too early, in nanoseconds. */
  private static final long RECENT = TimeUnit.SECONDS.toNanos(60);

  /** Touches that may wait for the next writer when none of them moved an adapter. */
  private static final int LAZY_TOUCHES = 256;

  private static final Logger log = LoggerFactory.getLogger(EndpointRegistry.class);

  private enum Kind {
    DISPATCHED,
    ANSWERED,
    SERVED,
    REFUSED,
    ABANDONED,
    LOST,
    UNREACHABLE,
    FAILED,
    SUCCEEDED
  }

  private record Touch(Endpoint endpoint, String adapter, Kind kind, long at) {}

  private final LongSupplier clock;
  private final RegistryListener listener;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, LiveEndpoint> live = new LinkedHashMap<>();
  private final ConcurrentLinkedQueue<Touch> touches = new ConcurrentLinkedQueue<>();
  private final AtomicInteger pending = new AtomicInteger();
  private final AtomicBoolean draining = new AtomicBoolean();
  private final SnapshotBuilder builder;
  private final Executor drains;
  private List<PoolSettings> pools = List.of();
  private ServedNames served = ServedNames.NONE;

  /** When the first of the ejected endpoints comes back. */
  private long nextReturn = Long.MAX_VALUE;

  private volatile RegistrySnapshot snapshot = new RegistrySnapshot(List.of(), Map.of(), Map.of());

  /**
   * Makes an empty registry.
   *
   * @param clock nanoseconds, as {@link System#nanoTime}
   * @param drains applies touches, one run at a time at most; on a thread of its own, so that event
   *     loops need not wait for the lock, or {@code Runnable::run} where everything is to happen in
   *     order on one thread
   */
  public EndpointRegistry(LongSupplier clock, RegistryListener listener, Executor drains) {
    this.clock = clock;
    this.listener = listener;
    this.builder = new SnapshotBuilder(listener);
    this.drains = drains;
  }

  /** The present state: one volatile read. */
  public RegistrySnapshot snapshot() {
    return snapshot;
  }

  /** The registry's clock, in nanoseconds. */
  public long now() {
    return clock.getAsLong();
  }

  /** The same when the endpoints of every pool are known. */
  public void configure(Map<PoolSettings, List<Endpoint>> config) {
    configure(config, Set.of());
  }

  /**
   * Sets the pools and their endpoints. Endpoints that stay keep what is known about them; requests
   * to those that go are not disturbed.
   *
   * @param awaited names of pools of which it is not known yet which endpoints they have, so that
   *     they are not ready even without any
   */
  public void configure(Map<PoolSettings, List<Endpoint>> config, Set<String> awaited) {
    write(
        () -> {
          Map<String, LiveEndpoint> before = new LinkedHashMap<>(live);
          live.clear();
          config.forEach(
              (pool, endpoints) -> {
                for (Endpoint endpoint : endpoints) {
                  live.put(
                      endpoint.address(), keep(before.get(endpoint.address()), endpoint, pool));
                }
              });
          pools = List.copyOf(config.keySet());
          pools.forEach(this::resize);
          builder.configure(pools, live.values(), awaited);
        });
  }

  private LiveEndpoint keep(@Nullable LiveEndpoint known, Endpoint endpoint, PoolSettings pool) {
    if (known == null || !isSame(known.endpoint(), endpoint)) {
      return new LiveEndpoint(
          endpoint, pool, (adapter, victim) -> swapped(endpoint, adapter, victim));
    }
    known.configure(endpoint, pool);
    return known;
  }

  /** Another pod may get the address of one that is gone. */
  private static boolean isSame(Endpoint known, Endpoint next) {
    return known.pool().equals(next.pool()) && known.origin().uid().equals(next.origin().uid());
  }

  /**
   * Takes in what adapters endpoints are declared to hold, those used last first. One that was not
   * asked yet is up and lists them, until it says itself: it is ready by somebody else's word. At
   * every one they fill the slots of which nothing better is known.
   */
  public void declared(Map<Endpoint, List<String>> adapters) {
    write(
        () ->
            adapters.forEach(
                (endpoint, names) -> {
                  LiveEndpoint at = live.get(endpoint.address());
                  if (at != null) {
                    at.declared(names, now());
                  }
                }));
  }

  /** Sets the names that the control plane gives, and where it has loaded what they stand for. */
  public void serve(ServedNames next) {
    write(
        () -> {
          next.copies()
              .forEach(
                  (model, copies) -> {
                    ServedNames.Copies before = served.copies().get(model);
                    for (String address : copies.ready()) {
                      LiveEndpoint at = live.get(address);
                      if (at != null && (before == null || !before.ready().contains(address))) {
                        at.told(model, now());
                      }
                    }
                  });
          served = next;
          builder.serve(next);
        });
  }

  private void swapped(Endpoint endpoint, String adapter, @Nullable String victim) {
    boolean recent = false;
    LiveEndpoint at = live.get(endpoint.address());
    if (at != null && victim != null) {
      AdapterCell cell = at.inFlight.cell(victim);
      recent = cell.used() && now() - cell.lastUsed() <= RECENT;
    }
    listener.swapped(endpoint, adapter, victim, recent);
  }

  /** A scrape of the endpoint is about to be asked for; pair with {@link #report}. */
  public void scrapeBegins(Endpoint endpoint) {
    change(endpoint, at -> at.scrapeBegins(now()));
  }

  /** Takes in a scrape's answer. */
  public void report(Endpoint endpoint, EndpointLoad load) {
    write(
        () -> {
          LiveEndpoint at = live.get(endpoint.address());
          if (at != null) {
            int slots = at.reportedSlots();
            int corrections = at.scraped(load, now());
            if (corrections > 0) {
              listener.corrected(at.endpoint(), corrections);
            }
            if (slots != at.reportedSlots()) {
              resize(at.pool());
            }
          }
        });
  }

  /** The endpoint is about to be asked for its models; pair with {@link #reportModels}. */
  public void modelsBegin(Endpoint endpoint) {
    change(endpoint, at -> at.modelsBegin(now()));
  }

  /** Takes in an answer of {@code /v1/models}. */
  public void reportModels(Endpoint endpoint, List<ModelCard> models) {
    change(endpoint, at -> at.listed(models, now()));
  }

  /** Takes in what a probe said, or a connection that could not be made. */
  public void reportHealth(Endpoint endpoint, Health health) {
    change(
        endpoint,
        at -> {
          long now = now();
          if (at.setHealth(health, now)) {
            easeIn(at, now);
          }
        });
  }

  /** The endpoint answered that it does not know the adapter. Applied soon, without waiting. */
  public void lost(Endpoint endpoint, String adapter) {
    touched(new Touch(endpoint, adapter, Kind.LOST, now()), true);
  }

  /**
   * No connection could be made: the endpoint is down until a probe says otherwise. Applied soon.
   */
  public void unreachable(Endpoint endpoint) {
    touched(new Touch(endpoint, "", Kind.UNREACHABLE, now()), true);
  }

  /** A request failed by the endpoint's fault: an answer of 5xx, a reset, silence. Applied soon. */
  void failed(EndpointState at) {
    touched(new Touch(at.endpoint(), "", Kind.FAILED, now()), true);
  }

  /** The endpoint answered a request as it should. */
  void succeeded(EndpointState at) {
    if (at.inFlight().failing()) {
      touched(new Touch(at.endpoint(), "", Kind.SUCCEEDED, now()), true);
    }
  }

  /**
   * The endpoint is about to be put to sleep, so it gets no requests from now on: it is asleep,
   * whatever scrapes say, until {@link #sleeps} tells what came of it.
   */
  public void fallsAsleep(Endpoint endpoint) {
    change(endpoint, at -> at.sleeps(true, true, now()));
  }

  /** Whether the endpoint's engine sleeps after a call to it; later scrapes count again. */
  public void sleeps(Endpoint endpoint, boolean asleep) {
    change(endpoint, at -> at.sleeps(asleep, false, now()));
  }

  /** The gateway's own requests at the endpoint; 0 for one that is not known. */
  public int inFlight(Endpoint endpoint) {
    for (PoolSnapshot pool : snapshot.pools()) {
      for (EndpointState state : pool.endpoints()) {
        if (state.endpoint().address().equals(endpoint.address())) {
          return state.inFlight().total();
        }
      }
    }
    return 0;
  }

  /**
   * Reserves a place for a request, unless {@code maxInFlight} of them are taken.
   *
   * @param cell the adapter there, or null for a request that needs none
   * @param level where the adapter is there, as far as the pick could tell
   * @return null when the endpoint is full
   */
  public @Nullable Dispatch dispatch(
      EndpointState state, @Nullable AdapterCell cell, Residency level, int maxInFlight) {
    if (!state.inFlight().reserve(maxInFlight)) {
      return null;
    }
    if (cell == null) {
      return new Dispatch(this, state, null, Residency.GPU, true, now());
    }
    return dispatch(state, state.inFlight().shared(cell), level);
  }

  /** A request that the endpoint's engine does not run, so that it takes no place there. */
  public Dispatch besides(EndpointState state) {
    return new Dispatch(this, state, null, Residency.GPU, false, now());
  }

  private Dispatch dispatch(EndpointState state, AdapterCell cell, Residency level) {
    long now = now();
    Dispatch dispatch = new Dispatch(this, state, cell, level, true, now);
    state.inFlight().enter(cell);
    cell.touch(now);
    if (!dispatch.resident() && !cell.loading(now)) {
      state.inFlight().load(cell, loadedAt(dispatch, level, now), now);
    }
    touched(dispatch, Kind.DISPATCHED, !dispatch.resident(), now);
    return dispatch;
  }

  private static long loadedAt(Dispatch dispatch, Residency level, long now) {
    if (dispatch.deferred()) {
      return Long.MAX_VALUE;
    }
    LearnedTimes times = dispatch.state().times();
    double millis = level == Residency.CPU ? times.cpuSwap() : times.diskSwap();
    long idle = Math.max(now, dispatch.state().inFlight().swapsEnd());
    return idle + (long) (millis * 1e6);
  }

  void answered(Dispatch dispatch) {
    AdapterCell cell = dispatch.cell();
    if (cell != null) {
      long now = now();
      dispatch.state().inFlight().loaded(cell);
      cell.touch(now);
      touched(dispatch, Kind.ANSWERED, !dispatch.resident(), now);
    }
  }

  void finished(Dispatch dispatch, boolean refused) {
    AdapterCell cell = dispatch.cell();
    InFlight inFlight = dispatch.state().inFlight();
    if (cell != null) {
      long now = now();
      if (!refused) {
        cell.touch(now);
      }
      Kind over = dispatch.wasAnswered() ? Kind.SERVED : Kind.ABANDONED;
      touched(dispatch, refused ? Kind.REFUSED : over, refused || dispatch.deferred(), now);
      inFlight.leave(cell);
    }
    if (dispatch.counted()) {
      inFlight.release();
    }
  }

  private void touched(Dispatch dispatch, Kind kind, boolean mayMove, long now) {
    String adapter = Objects.requireNonNull(dispatch.adapter());
    touched(new Touch(dispatch.state().endpoint(), adapter, kind, now), mayMove);
  }

  private void touched(Touch touch, boolean mayMove) {
    touches.add(touch);
    boolean due = pending.incrementAndGet() >= LAZY_TOUCHES || mayMove;
    if (due && draining.compareAndSet(false, true)) {
      drains.execute(this::drainWhenAsked);
    }
  }

  /** Applies the touches that wait, so that a snapshot read afterwards has them all. */
  public void drain() {
    write(() -> {});
  }

  private void drainWhenAsked() {
    draining.set(false);
    try {
      drain();
    } catch (RuntimeException e) {
      log.error("touches could not be applied", e);
    }
  }

  private void applyTouches() {
    for (Touch touch = touches.poll(); touch != null; touch = touches.poll()) {
      pending.decrementAndGet();
      LiveEndpoint at = live.get(touch.endpoint().address());
      if (at != null && isSame(at.endpoint(), touch.endpoint())) {
        apply(at, touch);
      }
    }
  }

  private void apply(LiveEndpoint at, Touch touch) {
    ResidencyTracker tracker = at.tracker;
    at.residencyChanged();
    switch (touch.kind()) {
      case DISPATCHED -> tracker.dispatched(touch.adapter(), touch.at());
      case ANSWERED -> tracker.answered(touch.adapter(), touch.at());
      case SERVED -> tracker.served(touch.adapter(), touch.at());
      case REFUSED -> tracker.refused(touch.adapter(), touch.at());
      case ABANDONED -> tracker.abandoned(touch.adapter(), touch.at());
      case LOST -> at.lost(touch.adapter());
      case UNREACHABLE -> {
        var _ = at.setHealth(Health.DOWN, touch.at());
      }
      case FAILED -> {
        if (at.failed()) {
          eject(at, touch.at());
        }
      }
      case SUCCEEDED -> at.succeeded();
    }
  }

  /** Unless too many of the pool are out already, or nobody else is left. */
  private void eject(LiveEndpoint failing, long now) {
    List<LiveEndpoint> members = members(failing.pool());
    long up = members.stream().filter(at -> at.health() == Health.UP).count();
    long out = members.stream().filter(at -> at.health() == Health.EJECTED).count();
    int share = members.size() * failing.pool().outlier().maxEjectedPercent() / 100;
    if (failing.health() == Health.UP && up > 1 && out < Math.max(1, share)) {
      failing.eject(now);
      nextReturn = Math.min(nextReturn, failing.ejectedUntil());
      listener.ejected(failing.endpoint());
    }
  }

  /** Lets the endpoints back in whose time is over. */
  private void returnWhoMay(long now) {
    if (now < nextReturn) {
      return;
    }
    nextReturn = Long.MAX_VALUE;
    for (LiveEndpoint at : live.values()) {
      if (now >= at.ejectedUntil()) {
        at.returned(now);
        easeIn(at, now);
      }
      nextReturn = Math.min(nextReturn, at.ejectedUntil());
    }
  }

  /** One that comes to a pool that serves already gets less than its share for a while. */
  private void easeIn(LiveEndpoint arrived, long now) {
    long slowStart = arrived.pool().outlier().slowStart().toNanos();
    if (slowStart > 0
        && members(arrived.pool()).stream().anyMatch(at -> at.upFor(slowStart, now))) {
      arrived.startSlowly(now);
    }
  }

  private List<LiveEndpoint> members(PoolSettings pool) {
    return live.values().stream().filter(at -> at.pool().name().equals(pool.name())).toList();
  }

  /**
   * The slots of each endpoint: as reported, else as configured, else as a sibling reported, else
   * 1.
   */
  private void resize(PoolSettings pool) {
    List<LiveEndpoint> members = members(pool);
    int sibling = members.stream().mapToInt(LiveEndpoint::reportedSlots).max().orElse(0);
    for (LiveEndpoint at : members) {
      int gpu = firstSet(at.reportedSlots(), pool.adapterSlots(), sibling, 1);
      at.tracker.resize(gpu, firstSet(pool.cpuAdapterSlots(), gpu));
      at.slotsKnown(firstSet(at.reportedSlots(), pool.adapterSlots(), sibling) > 0);
      at.residencyChanged();
    }
  }

  private static int firstSet(int... values) {
    for (int value : values) {
      if (value > 0) {
        return value;
      }
    }
    return 0;
  }

  private void change(Endpoint endpoint, Consumer<LiveEndpoint> change) {
    write(
        () -> {
          LiveEndpoint at = live.get(endpoint.address());
          if (at != null) {
            change.accept(at);
          }
        });
  }

  private void write(Runnable change) {
    lock.lock();
    try {
      applyTouches();
      change.run();
      returnWhoMay(now());
      snapshot = builder.build();
    } finally {
      lock.unlock();
    }
  }
}
