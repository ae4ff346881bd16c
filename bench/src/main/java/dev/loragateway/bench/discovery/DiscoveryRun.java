package dev.loragateway.bench.discovery;

import dev.loragateway.bench.Progress;
import dev.loragateway.bench.discovery.Change.Kind;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * One measurement: fills a namespace, watches it, leaves it alone for a while, changes it, and
 * removes it whatever happens. Confined to one thread.
 */
final class DiscoveryRun {
  /** Until compilers and collectors have come to rest. */
  private static final int SETTLE_SECONDS = 5;

  /** Between changes, at random, so that none falls into a rhythm. */
  private static final int PAUSE_MS = 60;

  /** What a change may take, for the estimate of how long the rest takes. */
  private static final double CHANGE_SECONDS = 0.2;

  private final Access access;
  private final Sizes sizes;
  private double done;
  private Progress progress = new Progress(1);

  DiscoveryRun(Access access, Sizes sizes) {
    this.access = access;
    this.sizes = sizes;
  }

  DiscoveryResult run() throws InterruptedException, ExecutionException {
    try (KubernetesClient client = access.connect()) {
      String server = server(client);
      try (Cluster cluster = Cluster.create(client, sizes)) {
        System.err.println("making " + sizes.allPods() + " pods, which takes a while ...");
        cluster.fill(new Progress(sizes.allPods() + sizes.services()));
        progress = new Progress(seconds());
        return measure(cluster, server);
      }
    }
  }

  private double seconds() {
    return 10
        + 3 * SETTLE_SECONDS
        + 2 * sizes.quietSeconds()
        + sizes.writingSeconds()
        + CHANGE_SECONDS * (sizes.warmUp() + sizes.changes());
  }

  private void step(double seconds, String name) {
    done += seconds;
    progress.at(done, name);
  }

  private static String server(KubernetesClient client) {
    String version = client.getKubernetesVersion().getGitVersion().replaceAll("\\+.*", "");
    return "API server " + version + (isHere(client) ? " on the same machine" : "");
  }

  private static boolean isHere(KubernetesClient client) {
    try {
      return InetAddress.getByName(client.getMasterUrl().getHost()).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  private DiscoveryResult measure(Cluster cluster, String server) throws InterruptedException {
    Sync cold = ColdSync.run(access, sizes);
    step(5, "first look");
    try (Watching watching = new Watching(access::connect, sizes)) {
      Sync warm = watching.sync();
      step(5, "first look");
      Quiet reading = quiet("reading");
      Writing written = write(cluster, watching);
      Quiet writing = quiet("writing");
      return new DiscoveryResult(
          server, cold, warm, reading, writing, written, changes(cluster, watching));
    }
  }

  private Quiet quiet(String name) throws InterruptedException {
    step(0, "quiet, " + name);
    TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
    Cpu before = Cpu.now();
    for (int second = 0; second < sizes.quietSeconds(); second++) {
      TimeUnit.SECONDS.sleep(1);
    }
    Cpu after = Cpu.now();
    step(SETTLE_SECONDS + sizes.quietSeconds(), "quiet, " + name);
    return new Quiet(after.percentSince(before), after.percentsSince(before));
  }

  /** Every pod holds adapters, and those of some are not annotated with them yet. */
  private Writing write(Cluster cluster, Watching watching) throws InterruptedException {
    watching.write();
    TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
    Cpu before = Cpu.now();
    long until = before.at() + TimeUnit.SECONDS.toNanos(sizes.writingSeconds());
    watching.hold(cluster.adapters());
    while (watching.patches() < sizes.unannotated() && System.nanoTime() < until) {
      Thread.sleep(10);
    }
    Cpu after = Cpu.now();
    Writing writing =
        new Writing(
            watching.patches(),
            watching.failedPatches(),
            (after.at() - before.at()) / 1e9,
            after.msSince(before) / 1e3);
    watching.hold(Map.of());
    TimeUnit.SECONDS.sleep(1);
    watching.holdWhatIsAnnotated();
    step(SETTLE_SECONDS + sizes.writingSeconds(), "annotating");
    return writing;
  }

  private List<Change> changes(Cluster cluster, Watching watching) throws InterruptedException {
    Random random = new Random(sizes.seed());
    List<Change> changes = new ArrayList<>();
    for (int i = 0; i < sizes.warmUp() + sizes.changes(); i++) {
      int service = random.nextInt(sizes.services());
      String pool = Cluster.service(service);
      String host = cluster.newcomer(service);
      Thread.sleep(random.nextInt(PAUSE_MS));
      Delay comes = watching.after(pool, host, true, () -> cluster.comes(service));
      Thread.sleep(random.nextInt(PAUSE_MS));
      Delay leaves = watching.after(pool, host, false, () -> cluster.terminates(service));
      cluster.ended(service);
      if (i >= sizes.warmUp()) {
        changes.add(new Change(Kind.COMES, service, comes));
        changes.add(new Change(Kind.TERMINATES, service, leaves));
      }
      step(CHANGE_SECONDS, "changes");
    }
    return changes;
  }
}
