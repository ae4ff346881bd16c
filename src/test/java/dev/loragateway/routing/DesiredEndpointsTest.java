package dev.loragateway.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.model.EndpointLoad;
import dev.loragateway.model.Health;
import dev.loragateway.registry.PoolSettings;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.QueueSettings;
import dev.loragateway.registry.RoutingPolicy;
import dev.loragateway.registry.RoutingSettings;
import dev.loragateway.registry.ScalingSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DesiredEndpointsTest {
  private static final int PLACES = 100;
  private static final List<String> ADAPTERS =
      IntStream.range(0, 40).mapToObj(i -> "lora-" + i).toList();

  /** Answers of a second: 50 tokens of 20 ms. */
  private static PoolSettings settings(Duration cpuSwap, Duration diskSwap, int cpuSlots) {
    RoutingSettings routing =
        new RoutingSettings(
            RoutingPolicy.LORA_AWARE,
            PLACES,
            5,
            0.9,
            0,
            Duration.ofMillis(20),
            50,
            cpuSwap,
            diskSwap);
    return new PoolSettings(
        "pool",
        "base",
        false,
        0,
        cpuSlots,
        true,
        Duration.ofSeconds(3),
        Map.of(),
        routing,
        QueueSettings.DEFAULTS,
        ScalingSettings.DEFAULTS);
  }

  static Cluster cluster(int size, int slots, PoolSettings settings) {
    Cluster cluster = new Cluster(size, settings);
    for (int i = 0; i < size; i++) {
      cluster.up(i, ADAPTERS, slots);
    }
    return cluster;
  }

  private static Cluster cluster(int size) {
    return cluster(size, 4, settings(Duration.ofMillis(20), Duration.ofMillis(200), 0));
  }

  private static int desired(Cluster cluster, int queued) {
    return DesiredEndpoints.of(cluster.pool(), queued, cluster.demand, cluster.clock.get());
  }

  private static int desired(Cluster cluster) {
    return desired(cluster, 0);
  }

  private static void load(Cluster cluster, int endpoint, int running, int waiting, double kv) {
    cluster.report(endpoint, running, waiting, kv, 4, Set.of());
  }

  /** The adapters from {@code first} on are asked for so often in 30 s, just now. */
  private static void ask(Cluster cluster, int first, int count, int requests) {
    for (String adapter : ADAPTERS.subList(first, first + count)) {
      for (int i = 0; i < requests; i++) {
        cluster.demand.add(adapter);
      }
    }
  }

  @Test
  void desired_idlePool_isOne() {
    assertThat(desired(cluster(5))).isEqualTo(1);
  }

  @Test
  void desired_forTheLoad_leavesEachEndpointAtItsUtilization() {
    Cluster cluster = cluster(2);

    load(cluster, 0, 70, 0, 0.1);
    load(cluster, 1, 70, 0, 0.1);
    assertThat(desired(cluster)).as("both just full enough").isEqualTo(2);
    load(cluster, 1, 71, 0, 0.1);
    assertThat(desired(cluster)).isEqualTo(3);
    load(cluster, 0, 20, 0, 0.1);
    load(cluster, 1, 30, 0, 0.1);
    assertThat(desired(cluster)).as("half the places of one").isEqualTo(1);
  }

  @Test
  void desired_requestsQueued_countAsIfTheyRan() {
    Cluster cluster = cluster(2);
    load(cluster, 0, 70, 0, 0.1);
    load(cluster, 1, 70, 0, 0.1);

    assertThat(desired(cluster, 70)).isEqualTo(3);
    assertThat(desired(cluster, 71)).isEqualTo(4);
  }

  @Test
  void desired_longPrompts_isByTheKvCache() {
    Cluster cluster = cluster(2);
    load(cluster, 0, 3, 0, 0.9);
    load(cluster, 1, 2, 0, 0.8);

    assertThat(desired(cluster)).as("1.7 / 0.7").isEqualTo(3);
  }

  @Test
  void desired_engineQueues_takesWhatItRunsForItsPlaces() {
    Cluster cluster = cluster(1);

    load(cluster, 0, 10, 5, 0.1);
    assertThat(desired(cluster)).as("so many may wait").isEqualTo(1);
    load(cluster, 0, 10, 10, 0.1);
    assertThat(desired(cluster)).as("2 / 0.7").isEqualTo(3);
    assertThat(desired(cluster, 10)).as("3 / 0.7").isEqualTo(5);
    load(cluster, 0, 0, 6, 0.1);
    assertThat(desired(cluster)).as("the engine has not looked at them yet").isEqualTo(1);
  }

  @Test
  void desired_kvCacheNotReported_isByTheRequests() {
    Cluster cluster = cluster(1);
    load(cluster, 0, 80, 0, Double.NaN);

    assertThat(desired(cluster)).isEqualTo(2);
  }

  @Test
  void desired_staleEndpoint_countsTheGatewaysOwnRequests() {
    Cluster cluster = cluster(1);
    load(cluster, 0, 100, 50, 0.9);
    assertThat(desired(cluster)).isGreaterThan(1);
    cluster.pass(Duration.ofSeconds(4));
    assertThat(desired(cluster)).isEqualTo(1);

    for (int i = 0; i < 80; i++) {
      cluster.choose("base");
    }

    assertThat(desired(cluster)).as("0.8 / 0.7").isEqualTo(2);
  }

  @Test
  void desired_ownCapReached_isFullWhateverThePlaces() {
    RoutingSettings d = RoutingSettings.DEFAULTS;
    RoutingSettings capped =
        new RoutingSettings(
            d.policy(),
            d.maxNumSeqs(),
            d.maxWaiting(),
            d.maxKvCache(),
            4,
            d.tokenTime(),
            d.outputTokens(),
            d.cpuSwap(),
            d.diskSwap());
    Cluster cluster = cluster(1, 4, PoolSettings.of("pool", "base").withRouting(capped));

    for (int i = 0; i < 4; i++) {
      cluster.choose("base");
    }

    assertThat(desired(cluster)).as("1 / 0.7").isEqualTo(2);
    assertThat(desired(cluster, 8)).as("3 / 0.7").isEqualTo(5);
  }

  @Test
  void desired_slowerSwaps_needMoreEndpoints() {
    int[] needed =
        IntStream.of(5, 50, 200)
            .map(
                millis -> {
                  Duration swap = Duration.ofMillis(millis);
                  Cluster cluster = cluster(1, 4, settings(swap, swap, 0));
                  ask(cluster, 0, 40, 10);
                  return desired(cluster);
                })
            .toArray();

    // 0.23/s each, so each busy 21% of the time: 40 x 0.21 / 0.7 = 11.8 slots are 3 endpoints.
    // Beyond 16 slots 5.5 swaps/s x 50 ms / 4 are 7%; beyond 28 slots 2.8/s x 200 ms / 7 are 8%.
    assertThat(needed).containsExactly(3, 4, 7);
  }

  @Test
  void desired_hostMemoryHoldsThem_needsFewerEndpoints() {
    Duration cpu = Duration.ofMillis(20);
    Duration disk = Duration.ofMillis(500);
    Cluster without = cluster(1, 4, settings(cpu, disk, 0));
    Cluster with = cluster(1, 4, settings(cpu, disk, 40));
    ask(without, 0, 40, 10);
    ask(with, 0, 40, 10);

    assertThat(desired(with)).isEqualTo(3);
    assertThat(desired(without)).isGreaterThan(5);
  }

  @Test
  void desired_oneHotAdapter_needsNoSlots() {
    Cluster cluster = cluster(1, 1, settings(Duration.ofSeconds(1), Duration.ofSeconds(9), 0));
    ask(cluster, 7, 1, 1000);

    assertThat(desired(cluster)).isEqualTo(1);
  }

  @Test
  void desired_adaptersAlwaysBusy_needASlotEach() {
    Duration fast = Duration.ofMillis(1);
    Cluster cluster = cluster(1, 4, settings(fast, fast, 0));
    ask(cluster, 0, 12, 1000);

    assertThat(desired(cluster)).isEqualTo(3);
  }

  @Test
  void desired_demandThatWentAway_isForgotten() {
    Cluster cluster = cluster(1);
    ask(cluster, 0, 40, 20);
    assertThat(desired(cluster)).isGreaterThan(3);

    cluster.pass(Duration.ofMinutes(5));

    assertThat(desired(cluster)).isEqualTo(1);
  }

  @Test
  void desired_residencyUnknown_isByTheLoadAlone() {
    PoolSettings known = settings(Duration.ofSeconds(1), Duration.ofSeconds(9), 0);
    PoolSettings silent =
        new PoolSettings(
            known.name(),
            known.baseModel(),
            known.resolver(),
            0,
            0,
            false,
            known.staleAfter(),
            known.aliases(),
            known.routing(),
            known.queue(),
            known.scaling());
    Cluster cluster = cluster(1, 0, silent);
    cluster.registry.report(
        cluster.endpoints.getFirst(),
        new EndpointLoad(80, 0, 0.1, 0, 1, Double.NaN, Set.of(), null));
    ask(cluster, 0, 40, 10);

    assertThat(desired(cluster)).isEqualTo(2);
  }

  @Test
  void desired_someDown_isByThoseThatAreUp() {
    Cluster cluster = cluster(4);
    load(cluster, 0, 100, 0, 0.1);
    load(cluster, 1, 100, 0, 0.1);
    cluster.registry.reportHealth(cluster.endpoints.get(1), Health.DOWN);

    assertThat(desired(cluster)).isEqualTo(2);
  }

  @Test
  void desired_nothingKnown_isWhatThereIs() {
    Cluster cluster = cluster(4);
    for (int i = 0; i < 4; i++) {
      cluster.registry.reportHealth(cluster.endpoints.get(i), Health.DOWN);
    }

    assertThat(desired(cluster)).isEqualTo(4);
    PoolSnapshot empty = new Cluster(0, PoolSettings.of("pool", "base")).pool();
    assertThat(DesiredEndpoints.of(empty, 9, cluster.demand, 0)).isEqualTo(1);
  }
}
