package dev.loragateway.adapters;

import dev.loragateway.adapters.CallResult.Done;
import dev.loragateway.adapters.CallResult.Failed;
import dev.loragateway.adapters.CallResult.Refused;
import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.SleepSettings;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the engines of pools that nobody has used for a while to sleep, and wakes them when somebody
 * wants them. Only the gateway that leads puts to sleep; each one wakes. Thread-safe; it looks on
 * one virtual thread of its own, and calls servers on others.
 */
/*
 * A pool is awake or asleep as a whole: its replicas are there for the load that it has when it is used.
 * An endpoint is marked asleep before it is called, so that nothing more is sent to it. What was picked
 * just before, or sent by another gateway that does not know yet, is kept by the engine (mode=keep), and
 * a request at an endpoint that sleeps is a reason to wake it: so no order of events loses one.
 */
public final class PoolSleep implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PoolSleep.class);
  private static final long TICK = Duration.ofMillis(100).toNanos();

  private final Parts parts;
  private final SleepListener listener;
  private final Runnable awake;
  private final LinkedBlockingQueue<Runnable> events = new LinkedBlockingQueue<>();
  private final Map<String, Sleeper> sleepers = new HashMap<>();
  private final Map<String, Use> uses = new HashMap<>();
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("sleep-", 0).factory());
  private final AtomicBoolean started = new AtomicBoolean();

  /** When a pool was used last, and whether it is to be awake. */
  private static final class Use {
    long last;
    boolean wanted;

    Use(long now) {
      last = now;
    }
  }

  /**
   * What it works with.
   *
   * @param registry says what there is, and is told who sleeps
   * @param calls carry out what is decided
   * @param servers the control plane's calls, which must not meet engines that sleep
   * @param lead whether this gateway is the one that puts to sleep
   */
  public record Parts(
      EndpointRegistry registry, SleepCalls calls, AwakeServers servers, Lead lead) {}

  /**
   * Does nothing before {@link #start}.
   *
   * @param awake run when endpoints may be picked again
   */
  public PoolSleep(Parts parts, SleepListener listener, Runnable awake) {
    this.parts = parts;
    this.listener = listener;
    this.awake = awake;
  }

  /** Begins to look, unless it has. */
  public void start() {
    if (started.compareAndSet(false, true)) {
      threads.execute(this::run);
    }
  }

  /** A request waits in a pool of which engines sleep. Does not block. */
  public void wanted(String pool) {
    events.add(
        () -> {
          Use use = uses.get(pool);
          if (use != null) {
            use.wanted = true;
            use.last = now();
          }
        });
  }

  private long now() {
    return parts.registry().now();
  }

  private void run() {
    try {
      while (!threads.isShutdown()) {
        turn(events.poll(TICK, TimeUnit.NANOSECONDS));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Takes in what has happened, then looks once. A bug must not leave engines asleep. */
  void turn(@Nullable Runnable first) {
    try {
      Runnable next = first != null ? first : events.poll();
      for (Runnable event = next; event != null; event = events.poll()) {
        event.run();
      }
      Set<String> there = new HashSet<>();
      Set<String> pools = new HashSet<>();
      for (PoolSnapshot pool : parts.registry().snapshot().pools()) {
        pools.add(pool.name());
        pool.endpoints().forEach(at -> there.add(at.endpoint().address()));
        look(pool, now());
      }
      uses.keySet().retainAll(pools);
      sleepers.keySet().retainAll(there);
    } catch (RuntimeException e) {
      log.error("engines were not looked after", e);
    }
  }

  private void look(PoolSnapshot pool, long now) {
    Use use = uses.computeIfAbsent(pool.name(), name -> new Use(now));
    for (EndpointState at : pool.endpoints()) {
      Sleeper sleeper = sleeper(at);
      use.last = sleeper.observe(at) ? now : use.last;
      use.wanted |= pool.wakes(at) && isUsed(at);
      if (at.up() && !sleeper.busy) {
        sleeper.awake();
        parts.servers().open(at.endpoint());
      }
    }
    SleepSettings settings = pool.settings().sleep();
    boolean idle = settings != null && !use.wanted && now - use.last >= settings.after().toNanos();
    boolean anyAsleep = false;
    for (EndpointState at : pool.endpoints()) {
      Sleeper sleeper = sleeper(at);
      boolean wakes = use.wanted || sleeper.doubtful || (sleeper.ours && settings == null);
      if (at.wakeable() && wakes && sleeper.mayCall(now)) {
        call(sleeper, () -> parts.calls().wake(sleeper.endpoint), this::woken);
      } else if (idle && sleeper.mayFallAsleep(at, fresh(at, pool, now)) && parts.lead().leads()) {
        fallAsleep(sleeper, at);
      }
      anyAsleep |= at.wakeable() || sleeper.busy;
    }
    use.wanted &= anyAsleep;
  }

  private Sleeper sleeper(EndpointState at) {
    Sleeper known = sleepers.get(at.endpoint().address());
    if (known == null || !known.endpoint.equals(at.endpoint())) {
      known = new Sleeper(at.endpoint());
      sleepers.put(at.endpoint().address(), known);
    }
    return known;
  }

  private static boolean isUsed(EndpointState at) {
    return at.inFlight().total() > 0
        || (at.load() != null && at.load().running() + at.load().waiting() > 0);
  }

  private static boolean fresh(EndpointState at, PoolSnapshot pool, long now) {
    return at.fresh(now, pool.settings().staleAfter().toNanos());
  }

  private void fallAsleep(Sleeper sleeper, EndpointState at) {
    if (!parts.servers().close(sleeper.endpoint)) {
      return;
    }
    parts.registry().fallsAsleep(sleeper.endpoint);
    VarHandle.fullFence(); // The count is read without order.
    if (at.inFlight().total() > 0) {
      staysAwake(sleeper);
      return;
    }
    sleeper.ours = true;
    call(sleeper, () -> parts.calls().sleep(sleeper.endpoint), this::slept);
  }

  private interface Call {
    CallResult make() throws InterruptedException;
  }

  private interface End {
    void ended(Sleeper sleeper, CallResult result, long nanos);
  }

  private void call(Sleeper sleeper, Call call, End end) {
    sleeper.busy = true;
    threads.execute(
        () -> {
          long start = System.nanoTime();
          CallResult result;
          try {
            result = call.make();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
          } catch (RuntimeException e) {
            log.error("{} was not asked", sleeper.endpoint.address(), e);
            result = new Failed(e.toString(), false);
          }
          CallResult ended = result;
          long nanos = System.nanoTime() - start;
          events.add(() -> end.ended(sleeper, ended, nanos));
        });
  }

  private void slept(Sleeper sleeper, CallResult result, long nanos) {
    sleeper.busy = false;
    String address = sleeper.endpoint.address();
    switch (result) {
      case Done() -> {
        parts.registry().sleeps(sleeper.endpoint, true);
        log.info("{} sleeps: its pool has not been used for a while", address);
      }
      case Refused(String reason) -> {
        sleeper.refuses();
        staysAwake(sleeper);
        log.warn(
            "{} cannot be put to sleep (--enable-sleep-mode is not set there, or"
                + " VLLM_SERVER_DEV_MODE=1): {}",
            address,
            reason);
      }
      case Failed(String reason, boolean _) -> {
        sleeper.doubtful = true;
        parts.registry().sleeps(sleeper.endpoint, true);
        log.warn("{} was not put to sleep, and is woken: {}", address, reason);
      }
    }
    listener.slept(sleeper.endpoint, result instanceof Done);
  }

  private void staysAwake(Sleeper sleeper) {
    sleeper.ours = false;
    parts.registry().sleeps(sleeper.endpoint, false);
    parts.servers().open(sleeper.endpoint);
    awake.run();
  }

  private void woken(Sleeper sleeper, CallResult result, long nanos) {
    boolean well = result instanceof Done;
    sleeper.woken(well, now());
    if (well) {
      staysAwake(sleeper);
      log.info("{} is awake after {} ms", sleeper.endpoint.address(), nanos / 1_000_000);
    } else {
      log.warn("{} was not woken: {}", sleeper.endpoint.address(), result);
    }
    listener.woken(sleeper.endpoint, nanos, well);
  }

  /** Stops; who sleeps goes on sleeping. */
  @Override
  public void close() {
    threads.shutdownNow();
    try {
      if (!threads.awaitTermination(2, TimeUnit.SECONDS)) {
        log.debug("still closing");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
