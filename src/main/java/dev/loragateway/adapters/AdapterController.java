package dev.loragateway.adapters;

import dev.loragateway.adapters.CallResult.Done;
import dev.loragateway.adapters.CallResult.Failed;
import dev.loragateway.adapters.CallResult.Refused;
import dev.loragateway.adapters.Reconciler.Kind;
import dev.loragateway.adapters.Reconciler.Task;
import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.registry.RegistrySnapshot;
import dev.loragateway.registry.ServedNames;
import dev.loragateway.routing.AdapterDemand;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads what the catalog declares, where it is planned to be, and takes away what is not wanted any
 * more. Only the one that leads acts; others see for themselves what answers. Thread-safe; it
 * thinks on one virtual thread of its own, and calls servers on others.
 */
/*
 * All state is the Reconciler's, which the one thread turns over and over: it looks at the registry's
 * snapshot, takes in what happened (events), plans if anything changed, begins the calls that are due,
 * and tells the registry which names are to be served. A call that ends is an event. So nothing is
 * locked, and an endpoint that hangs holds up its own calls alone.
 */
public final class AdapterController implements AdapterStatuses, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(AdapterController.class);

  /** For endpoints that were not asked yet: what they hold need not be loaded elsewhere. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** Between two turns, so that many events are taken in at once. */
  private static final Duration PACE = Duration.ofMillis(5);

  private static final Duration TICK = Duration.ofMillis(100);
  private static final Duration RETHINK = Duration.ofSeconds(1);
  private static final Duration REPLAN = Duration.ofSeconds(30);

  private final Parts parts;
  private final Supplier<AdapterSettings> settings;
  private final AdaptersListener listener;
  private final Inventory inventory = new Inventory();
  private final Reconciler reconciler;
  private final LinkedBlockingQueue<Runnable> events = new LinkedBlockingQueue<>();
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("adapters-", 0).factory());
  private final ContentLook look;
  private final long startedAt;
  private long rethinkAt = Long.MIN_VALUE;
  private long replanAt = Long.MIN_VALUE;
  private boolean dirty = true;
  private boolean leads;
  private ServedNames told = ServedNames.NONE;
  private volatile Map<String, AdapterStatus> statuses = Map.of();
  private volatile @Nullable Set<String> held;

  /**
   * What the controller works with.
   *
   * @param registry says what there is, and is told what is to be served
   * @param catalog says what there should be
   * @param demand how often each is asked for
   * @param waiting requests that wait in a pool, by model
   * @param servers carry out what is decided
   * @param contents looks at the files of an adapter; may block
   * @param lead whether this gateway is the one that acts; asked before each call
   */
  public record Parts(
      EndpointRegistry registry,
      AdapterCatalog catalog,
      AdapterDemand demand,
      Function<String, Map<String, Integer>> waiting,
      ModelServers servers,
      Function<AdapterSpec, Content> contents,
      Lead lead) {}

  /**
   * Makes a controller that does nothing before {@link #start}.
   *
   * @param listener is told of changes after the registry was
   */
  public AdapterController(
      Parts parts, Supplier<AdapterSettings> settings, AdaptersListener listener) {
    this.parts = parts;
    this.settings = settings;
    this.listener = listener;
    this.startedAt = parts.registry().now();
    this.reconciler = new Reconciler(inventory, new Scaling(parts.demand()));
    this.look =
        new ContentLook(
            parts.contents(), (spec, content) -> events.add(() -> found(spec, content)));
  }

  /** Begins to work. */
  public void start() {
    parts.catalog().onChange(this::declared);
    declared();
    threads.execute(this::run);
    threads.execute(() -> look.run(this::interval));
  }

  private Duration interval() {
    AdapterSettings.Directory directory = settings.get().directory();
    return directory == null ? AdapterSettings.LOOK : directory.interval();
  }

  /** One at a time, so that the newest catalog is the last one that is taken in. */
  private synchronized void declared() {
    AdapterCatalog.Catalog catalog = parts.catalog().current();
    events.add(
        () -> {
          inventory.declare(catalog, settings.get(), parts.registry().now());
          rethinkAt = Long.MIN_VALUE;
          changedNow();
        });
    look.at(catalog.adapters().values().stream().map(AdapterCatalog.Declared::spec).toList());
  }

  private void found(AdapterSpec spec, Content content) {
    if (inventory.found(spec.name(), spec.source(), content)) {
      changedNow();
    }
  }

  private void changedNow() {
    reconciler.replan();
    dirty = true;
  }

  /** The settings changed. Does not block. */
  public void changed() {
    declared();
  }

  /** A request waits for a model that no endpoint has. Does not block. */
  public void absent(String model) {
    events.add(
        () -> {
          String name = ServedNames.adapter(model);
          ControlledAdapter adapter = name == null ? null : inventory.adapter(name);
          if (adapter != null) {
            adapter.askedAt = parts.registry().now();
            if (adapter.desired == 0) {
              rethinkAt = Long.MIN_VALUE;
            }
          }
        });
  }

  /**
   * The gateway that leads saw a revision answer at these endpoints alone. Does not block.
   *
   * @param addresses {@code host:port} of each
   */
  public void ready(String adapter, String revision, Set<String> addresses) {
    events.add(
        () -> {
          if (!leads) {
            inventory.ready(adapter, revision, addresses, parts.registry().now());
            dirty = true;
          }
        });
  }

  /** Another gateway used an adapter, or asked for it. Does not block. */
  public void used(String adapter, Instant at) {
    long ago = Math.max(0, Duration.between(at, Instant.now()).toNanos());
    events.add(
        () -> {
          ControlledAdapter known = inventory.adapter(adapter);
          if (known != null) {
            known.askedAt = Math.max(known.askedAt, parts.registry().now() - ago);
            known.toldUse = Math.max(known.toldUse, known.askedAt);
            rethinkAt = known.desired == 0 ? Long.MIN_VALUE : rethinkAt;
          }
        });
  }

  /** Whether any endpoint has a copy of an adapter, also one that drains, as far as is known. */
  public boolean holds(String adapter) {
    Set<String> known = held;
    return known == null || known.contains(adapter);
  }

  @Override
  public Map<String, AdapterStatus> statuses() {
    return statuses;
  }

  private void run() {
    try {
      while (!threads.isShutdown()) {
        turn(events.poll(TICK.toNanos(), TimeUnit.NANOSECONDS));
        Thread.sleep(PACE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A bug must not leave adapters unattended. */
  private void turn(@Nullable Runnable first) {
    RegistrySnapshot snapshot = parts.registry().snapshot();
    guarded(() -> observe(snapshot));
    for (Runnable event = first; event != null; event = events.poll()) {
      guarded(event);
    }
    guarded(() -> think(snapshot));
  }

  private void guarded(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException e) {
      log.error("adapters were not looked after", e);
      dirty = true;
    }
  }

  private void observe(RegistrySnapshot snapshot) {
    if (inventory.observe(snapshot, parts.registry().now())) {
      changedNow();
    }
  }

  private void think(RegistrySnapshot snapshot) {
    AdapterSettings current = settings.get();
    long now = parts.registry().now();
    boolean thinks = now >= rethinkAt;
    if (thinks) {
      rethinkAt = now + RETHINK.toNanos();
      dirty |= reconciler.scale(snapshot, parts.waiting(), current, now);
      if (!leads) {
        reconciler.used(current).forEach(listener::used);
      }
      if (now >= replanAt || reconciler.lacks()) {
        reconciler.replan();
        replanAt = now + REPLAN.toNanos();
      }
    }
    dirty |= reconciler.plan(snapshot, current.placement(), this::site, now);
    if (dirty || thinks || !reconciler.settled(now)) {
      dirty |= reconciler.turnOver(leads);
      act(current.loading(), now);
    }
    if (dirty) {
      dirty = false;
      tell(now);
    }
  }

  private void act(AdapterSettings.Loading loading, long now) {
    boolean led = leads;
    leads = parts.lead().leads();
    if (leads != led) {
      listener.leads(leads);
    }
    if (leads && !led) {
      inventory.remember(parts.lead().remembered(), now, System.currentTimeMillis());
    }
    boolean knows = inventory.asked() || now - startedAt >= PATIENCE.toNanos();
    List<Task> tasks =
        knows && leads ? reconciler.tasks(loading, now) : reconciler.verifications(loading, now);
    for (Task task : tasks) {
      dirty = true;
      threads.execute(() -> carryOut(task));
    }
  }

  private void tell(long now) {
    StatusReport report =
        new StatusReport(
            inventory.adapters(), inventory.endpoints(), now, System.currentTimeMillis());
    ServedNames names = report.names();
    if (!names.equals(told)) {
      parts.registry().serve(names);
      told = names;
    }
    statuses = report.statuses();
    held = inventory.asked() ? report.held() : null;
    listener.changed(statuses);
  }

  private PlacementSite site(ControlledEndpoint at) {
    Map<String, String> labels = new HashMap<>();
    labels.put(PlacementSite.ZONE, at.endpoint().origin().zone());
    labels.put(PlacementSite.NODE, at.endpoint().origin().node());
    labels.put(Preferences.ENGINE, parts.servers().engine(at.endpoint()));
    labels.values().removeIf(String::isEmpty);
    return new PlacementSite(
        at.address(),
        inventory.baseModel(at.endpoint().pool()),
        Math.max(1, at.seen().residency().slots()),
        0,
        at.seen().othersUsually(),
        labels);
  }

  /** On a thread of its own. */
  private void carryOut(Task task) {
    long start = System.nanoTime();
    CallResult result;
    try {
      result = ask(task);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    } catch (RuntimeException e) {
      log.error("{} was not asked", task.at().address(), e);
      result = new Failed(e.toString(), true);
    }
    CallResult ended = result;
    long nanos = System.nanoTime() - start;
    events.add(() -> ended(task, ended, nanos));
  }

  private CallResult ask(Task task) throws InterruptedException {
    ModelServers servers = parts.servers();
    String name = task.copy().name();
    if (task.kind() != Kind.VERIFY && !parts.lead().leads()) {
      return new Failed("another gateway has the lead", true);
    }
    if (task.kind() == Kind.UNLOAD) {
      return servers.unload(task.endpoint(), name);
    }
    AdapterSource source = task.source();
    CallResult loaded =
        task.kind() == Kind.LOAD && source != null
            ? servers.load(task.endpoint(), name, source)
            : new Done();
    return loaded instanceof Done ? servers.verify(task.endpoint(), name) : loaded;
  }

  private void ended(Task task, CallResult result, long nanos) {
    long now = parts.registry().now();
    ControlledCopy copy = task.copy();
    copy.busy = false;
    changedNow();
    task.at().ended(!(result instanceof Failed failed) || failed.answered(), now);
    boolean well = result instanceof Done;
    if (task.kind() == Kind.UNLOAD) {
      unloaded(task, well, now);
      return;
    }
    switch (result) {
      case Done() -> copy.loaded();
      case Refused(String reason) -> failed(task, reason, true, now);
      case Failed(String reason, boolean answered) -> failed(task, reason, false, now);
    }
    listener.loaded(task.endpoint(), copy.adapter, nanos, well);
  }

  private void failed(Task task, String reason, boolean lasting, long now) {
    ControlledCopy copy = task.copy();
    copy.failed(reason, lasting, now, ThreadLocalRandom.current().nextDouble(0.5, 1));
    log.warn(
        "{} was not loaded at {} (try {}): {}",
        copy.name(),
        task.at().address(),
        copy.attempts,
        reason);
  }

  private void unloaded(Task task, boolean well, long now) {
    ControlledCopy copy = task.copy();
    if (well) {
      task.at().copies().remove(copy);
      parts.registry().lost(task.endpoint(), copy.name());
    } else {
      copy.attempts++;
      copy.retryAt = now + RETHINK.toNanos() * Math.min(copy.attempts, 30);
    }
    listener.unloaded(task.endpoint(), copy.adapter, well);
  }

  /** Stops; what is loaded stays. */
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
