package dev.loragateway.kubernetes;

import dev.loragateway.adapters.AdapterCatalog.Declared;
import dev.loragateway.adapters.AdapterSettings.Cluster;
import dev.loragateway.adapters.AdapterStatus;
import dev.loragateway.adapters.AdapterStatus.Copy;
import dev.loragateway.adapters.AdaptersListener;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the objects that declare adapters in the gateway's own cluster, and writes to them how
 * they fare, if this gateway is the one of several that leads. Thread-safe; what it keeps is
 * confined to its own threads.
 */
public final class AdapterObjects implements AdaptersListener, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(AdapterObjects.class);

  /** How long changes are gathered before they are told. */
  private static final Duration GATHER = Duration.ofMillis(20);

  private static final Duration CHECK = Duration.ofSeconds(1);
  private static final Duration CLOSE = Duration.ofSeconds(2);
  private static final String OWN_CLUSTER = "";

  /** The Lease is the one of annotations with this behind its name. */
  public static final String LEASE_SUFFIX = "-adapters";

  /** What is followed, and the Lease for which gateways compete. */
  private record Settings(Cluster cluster, String leaseNamespace, String leaseName) {}

  private final Function<String, KubernetesClient> connect;
  private final AdapterObjectsSink sink;
  private final DiscoveryListener listener;
  private final ReadyCopies readyCopies;
  private final UseReports uses;
  private final AdapterWriter writer;
  private final AdapterServices services;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("adapter-objects").factory());
  private final ScheduledExecutorService writes =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofVirtual().name("adapter-writes").factory());
  private final AtomicBoolean gathering = new AtomicBoolean();
  private @Nullable Settings settings;
  private volatile @Nullable KubernetesClient client;
  private @Nullable FollowedObjects followed;
  private @Nullable List<Declared> told;
  private boolean isFresh;
  private boolean begun;
  private @Nullable String trouble;
  private volatile @Nullable Leadership leadership;
  private volatile List<AdapterObject> objects = List.of();

  /**
   * Follows nothing yet.
   *
   * @param connect makes the client of a kubeconfig context, or of the gateway's own cluster
   * @param held whether any endpoint has a copy of the adapter of this name, also one that drains,
   *     or that is not known yet; asked on a thread of its own
   */
  public AdapterObjects(
      Function<String, KubernetesClient> connect,
      AdapterObjectsSink sink,
      Predicate<String> held,
      DiscoveryListener listener) {
    this.connect = connect;
    this.sink = sink;
    this.listener = listener;
    this.readyCopies = new ReadyCopies(sink);
    this.uses = new UseReports(sink, InstantSource.system());
    this.writer =
        new AdapterWriter(this::leads, held, listener, System::nanoTime, InstantSource.system());
    this.services = new AdapterServices(this::leads, listener, System::nanoTime);
  }

  /**
   * Follows these from now on; null = none. Does not wait.
   *
   * @param leaseNamespace where the Lease is; empty for the gateway's own namespace
   * @param leaseName its name but for {@link #LEASE_SUFFIX}
   */
  public void follow(@Nullable Cluster cluster, String leaseNamespace, String leaseName) {
    Settings next =
        cluster == null ? null : new Settings(cluster, leaseNamespace, leaseName + LEASE_SUFFIX);
    thread.execute(() -> change(next));
  }

  /** Takes in how adapters fare, to write it down; does not wait. */
  @Override
  public void changed(Map<String, AdapterStatus> statuses) {
    writer.fare(statuses);
    services.fare(statuses);
  }

  /** Tells the gateway that leads, by the object; does not wait. */
  @Override
  public void used(String adapter) {
    uses.used(adapter);
  }

  /** Whether this gateway is the one that loads adapters and writes how they fare. */
  public boolean leads() {
    Leadership now = leadership;
    return now != null && now.leads();
  }

  /** What the gateway that led before wrote of copies, by the adapter's name. */
  public Map<String, List<Copy>> remembered() {
    Map<String, List<Copy>> copies = new HashMap<>();
    for (AdapterObject object : objects) {
      if (object.own() != null && object.declared() != null) {
        copies.put(object.model(), StatusCopies.of(object.own()));
      }
    }
    return copies;
  }

  private void change(@Nullable Settings next) {
    if (!Objects.equals(next, settings)) {
      var _ = stop();
      settings = next;
      told = null;
      begin();
      check();
    }
  }

  /** Nothing is looked at before there is something to follow. */
  private void begin() {
    if (!begun) {
      begun = true;
      thread.scheduleWithFixedDelay(
          this::check, CHECK.toMillis(), CHECK.toMillis(), TimeUnit.MILLISECONDS);
      writes.scheduleWithFixedDelay(
          this::write, 0, AdapterWriter.LOOK.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  /** The result is there when the Lease was let go, or could not be. */
  private CompletableFuture<Void> stop() {
    Leadership led = leadership;
    leadership = null;
    objects = List.of();
    readyCopies.forget();
    if (followed != null) {
      followed.close();
      followed = null;
    }
    services.watch(null, List.of());
    return led == null ? CompletableFuture.completedFuture(null) : led.close();
  }

  /** Starts what could not be started yet, and looks how it fares. */
  private void check() {
    Settings wanted = settings;
    if (wanted == null) {
      return;
    }
    try {
      KubernetesClient connected = client == null ? connect.apply(OWN_CLUSTER) : client;
      client = connected;
      FollowedObjects now = followed == null ? started(wanted, connected) : followed;
      now.check();
      tell(wanted, now, connected);
      trouble = null;
    } catch (RuntimeException e) {
      String why = Failure.of(e).reason();
      if (!why.equals(trouble)) {
        log.warn("adapters' objects cannot be followed: {} (what is known stays in use)", why);
      }
      trouble = why;
    }
  }

  private FollowedObjects started(Settings wanted, KubernetesClient connected) {
    FollowedObjects started =
        new FollowedObjects(wanted.cluster, connected, listener, this::changed);
    followed = started;
    String namespace = KubernetesClients.namespace(connected, wanted.leaseNamespace);
    leadership =
        new Leadership(
            connected,
            namespace,
            wanted.leaseName,
            "loads adapters and writes their objects",
            leads -> {},
            listener);
    return started;
  }

  private void changed() {
    if (gathering.compareAndSet(false, true)) {
      try {
        thread.schedule(
            () -> {
              gathering.set(false);
              check();
            },
            GATHER.toMillis(),
            TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException e) {
        log.debug("closed while a change came in");
      }
    }
  }

  private void tell(Settings wanted, FollowedObjects now, KubernetesClient connected) {
    isFresh |= now.refresh();
    if (isFresh) {
      List<AdapterObject> all = now.objects();
      objects = all;
      List<Declared> declared =
          all.stream().map(AdapterObject::declared).filter(Objects::nonNull).toList();
      if (!declared.equals(told)) {
        sink.declared(declared);
        told = declared;
      }
      uses.tell(all);
      writer.watch(connected, all);
      String lease = wanted.leaseNamespace + "/" + wanted.leaseName;
      services.watch(
          wanted.cluster.services() ? new AdapterServices.Place(connected, lease) : null, all);
      isFresh = false;
    }
    if (leads()) {
      readyCopies.forget();
    } else {
      readyCopies.tell(objects);
    }
  }

  private void write() {
    KubernetesClient connected = client;
    if (connected != null) {
      uses.write(connected, objects);
    }
    writer.look();
    services.look();
  }

  /** Follows nothing any more, and lets the lead go; waits for that, some seconds at most. */
  @Override
  public void close() {
    if (thread.isShutdown()) {
      return;
    }
    writes.shutdown();
    thread.execute(
        () -> {
          settings = null;
          CompletableFuture<Void> released = stop();
          ended(writes, CLOSE);
          writes.shutdownNow();
          released.completeOnTimeout(null, CLOSE.toMillis(), TimeUnit.MILLISECONDS).join();
          if (client != null) {
            client.close();
          }
        });
    thread.shutdown();
    ended(thread, CLOSE.multipliedBy(3));
  }

  private static void ended(ScheduledExecutorService thread, Duration longest) {
    try {
      if (!thread.awaitTermination(longest.toMillis(), TimeUnit.MILLISECONDS)) {
        log.debug("still closing");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
