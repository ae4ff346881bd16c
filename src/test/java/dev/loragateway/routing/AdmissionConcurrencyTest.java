package dev.loragateway.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.registry.EndpointState;
import dev.loragateway.registry.PoolSettings;
import dev.loragateway.registry.QueueSettings;
import dev.loragateway.registry.RoutingSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Many threads at one queue, and nothing but the ends of requests to wake those who wait. */
class AdmissionConcurrencyTest {
  private static final int THREADS = 4;
  private static final int ROUNDS = 2_000;

  /** Of each thread in a round; few, so that many rounds end, when no later event helps. */
  private static final int REQUESTS = 8;

  private static final List<String> ADAPTERS = List.of("a", "b", "c", "d", "e", "f");

  private final Cluster cluster = cluster();
  private final Admission admission =
      new Admission(cluster.registry, cluster.picker, cluster.demand, Warmup.NONE);
  private volatile CountDownLatch over = new CountDownLatch(0);
  private final AtomicInteger served = new AtomicInteger();
  private final AtomicInteger left = new AtomicInteger();
  private final ExecutorService servers = Executors.newFixedThreadPool(2);

  private static Cluster cluster() {
    RoutingSettings d = RoutingSettings.DEFAULTS;
    RoutingSettings two =
        new RoutingSettings(
            d.policy(),
            2,
            d.maxWaiting(),
            d.maxKvCache(),
            2,
            d.tokenTime(),
            d.outputTokens(),
            d.cpuSwap(),
            d.diskSwap());
    QueueSettings queue =
        new QueueSettings(
            THREADS * REQUESTS,
            1L << 40,
            Duration.ofHours(1),
            Map.of(QueueSettings.STANDARD, Duration.ZERO),
            Map.of(),
            false,
            1);
    Cluster cluster =
        new Cluster(3, PoolSettings.of("pool", "base").withRouting(two).withQueue(queue));
    for (int i = 0; i < 3; i++) {
      cluster.up(i, ADAPTERS, 2);
    }
    return cluster;
  }

  private void client(int number) {
    for (int i = 0; i < REQUESTS; i++) {
      String model = ADAPTERS.get((i * 7 + number) % ADAPTERS.size());
      Pick pick =
          admission.admit(
              new AdmissionRequest(
                  PickRequest.of(model),
                  QueueSettings.STANDARD,
                  100,
                  Duration.ofHours(1).toNanos(),
                  this::settle),
              cluster.pool());
      if (!(pick instanceof Pick.Queued queued)) {
        settle(pick);
      } else if (i % 5 == 0 && queued.leave()) {
        left.incrementAndGet();
        over.countDown();
      }
    }
  }

  private void settle(Pick pick) {
    Pick.Chosen chosen = (Pick.Chosen) pick;
    served.incrementAndGet();
    servers.execute(
        () -> {
          chosen.dispatch().answered();
          chosen.dispatch().finished();
          admission.freed("pool");
          over.countDown();
        });
  }

  @Test
  void admit_byManyThreads_everyRequestIsServedOrLeaves() throws InterruptedException {
    try (ExecutorService clients = Executors.newFixedThreadPool(THREADS)) {
      for (int round = 0; round < ROUNDS; round++) {
        over = new CountDownLatch(THREADS * REQUESTS);
        for (int i = 0; i < THREADS; i++) {
          int number = i;
          clients.execute(() -> client(number));
        }
        assertThat(over.await(20, TimeUnit.SECONDS)).as("nobody is forgotten").isTrue();
      }
    } finally {
      servers.shutdown();
    }

    assertThat(served.get() + left.get()).isEqualTo(ROUNDS * THREADS * REQUESTS);
    assertThat(admission.waiting("pool")).isZero();
    assertThat(admission.depths("pool")).isEmpty();
    cluster.registry.drain();
    for (EndpointState at : cluster.pool().endpoints()) {
      assertThat(at.inFlight().total()).isZero();
      assertThat(at.inFlight().distinctAdapters()).isZero();
    }
  }
}
