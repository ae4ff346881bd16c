package dev.loragateway.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.model.Health;
import dev.loragateway.registry.HomeOrder;
import dev.loragateway.registry.PoolSettings;
import dev.loragateway.registry.QueueSettings;
import dev.loragateway.registry.RoutingPolicy;
import dev.loragateway.registry.RoutingSettings;
import dev.loragateway.registry.ScalingSettings;
import dev.loragateway.registry.ServedNames;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EndpointPickerTest {
  private static final List<String> ADAPTERS = List.of("a", "b", "c", "d");

  private static Cluster cluster(int size, RoutingSettings routing) {
    return new Cluster(size, routing);
  }

  private static Cluster cluster(int size, RoutingPolicy policy) {
    return cluster(size, Cluster.policy(policy));
  }

  @Test
  void pick_largeAdapter_staysForLongerWhereItIs() {
    assertThat(atBusyHolder(1)).isFalse();
    assertThat(atBusyHolder(4)).isTrue();
  }

  /** Whether a request goes to the endpoint that has the adapter, but many requests, too. */
  private static boolean atBusyHolder(double size) {
    Cluster cluster =
        cluster(2, RoutingPolicy.LORA_AWARE).up(0, ADAPTERS, 4, "a").up(1, ADAPTERS, 4);
    cluster.report(0, 100, 0, 0.1, 4, Set.of("a"));
    Set<String> everywhere = Set.of(cluster.address(0), cluster.address(1));
    cluster.registry.serve(
        new ServedNames(
            Map.of(), Map.of("a", new ServedNames.Copies("pool", everywhere, true, size))));
    return Cluster.address(cluster.choose("a")).equals(cluster.address(0));
  }

  @ParameterizedTest
  @EnumSource(names = {"LORA_AWARE", "TIERED"})
  void pick_adapterResidentOnce_goesThere(RoutingPolicy policy) {
    Cluster cluster =
        cluster(3, policy)
            .up(0, ADAPTERS, 2, "a", "b")
            .up(1, ADAPTERS, 2, "c", "d")
            .up(2, ADAPTERS, 2, "a", "d");

    Pick.Chosen chosen = cluster.choose("c");

    assertThat(Cluster.address(chosen)).isEqualTo(cluster.address(1));
    assertThat(chosen.tier()).isEqualTo(Tier.RESIDENT);
  }

  @ParameterizedTest
  @EnumSource(names = {"LORA_AWARE", "TIERED"})
  void pick_adapterResidentTwice_takesTheLessLoaded(RoutingPolicy policy) {
    Cluster cluster = cluster(2, policy).up(0, ADAPTERS, 2, "a").up(1, ADAPTERS, 2, "a");
    cluster.report(0, 9, 0, 0.1, 2, Set.of("a"));

    assertThat(Cluster.address(cluster.choose("a"))).isEqualTo(cluster.address(1));
  }

  @ParameterizedTest
  @EnumSource
  void pick_endpointsOfTwoClusters_takesTheOwnOnesWhileTheyCan(RoutingPolicy policy) {
    Cluster cluster =
        cluster(3, policy)
            .far(0)
            .far(2)
            .up(0, ADAPTERS, 2, "a")
            .up(1, ADAPTERS, 2, "b")
            .up(2, ADAPTERS, 2, "a");
    cluster.report(1, 3, 0, 0.1, 2, Set.of("b"));

    for (int i = 0; i < 5; i++) {
      assertThat(Cluster.address(cluster.choose("a"))).isEqualTo(cluster.address(1));
    }
    cluster.report(1, 3, 50, 0.1, 2, Set.of("b"));
    assertThat(Cluster.address(cluster.choose("a"))).isNotEqualTo(cluster.address(1));
  }

  @Test
  void pick_twiceAtOnce_spreadsOverEqualEndpoints() {
    Cluster cluster =
        cluster(2, RoutingPolicy.LORA_AWARE).up(0, ADAPTERS, 2, "a").up(1, ADAPTERS, 2, "a");

    String first = Cluster.address(cluster.choose("a"));

    assertThat(Cluster.address(cluster.choose("a"))).isNotEqualTo(first);
  }

  @Test
  void pick_moreCopiesThanTheDemandNeeds_drawsTheAdapterTogetherAtItsHome() {
    Cluster cluster = cluster(4, RoutingPolicy.LORA_AWARE);
    for (int i = 0; i < 4; i++) {
      cluster.up(i, ADAPTERS, 2, "a");
    }
    String home = cluster.address(cluster.pool().adapter("a").homes().nearest(0));

    for (int prompt = 0; prompt < 20; prompt++) {
      PickRequest request = new PickRequest("a", true, null, null, prompt, Set.of());
      Pick.Chosen chosen = cluster.choose(request);
      assertThat(Cluster.address(chosen)).isEqualTo(home);
      chosen.dispatch().finished();
    }
  }

  @Test
  void pick_demandForTwoEndpoints_isSpreadOverTwoHomesUntilItIsClearlyLess() {
    RoutingSettings d = RoutingSettings.DEFAULTS;
    RoutingSettings small =
        new RoutingSettings(
            d.policy(),
            10,
            d.maxWaiting(),
            d.maxKvCache(),
            d.maxInFlight(),
            Duration.ofMillis(10),
            100,
            d.cpuSwap(),
            d.diskSwap());
    Cluster cluster = cluster(4, small);
    for (int i = 0; i < 4; i++) {
      cluster.up(i, ADAPTERS, 2, "a");
    }

    assertThat(homesAt(cluster, 6)).as("6 of 10 places").hasSize(1);
    assertThat(homesAt(cluster, 8)).as("8 places").hasSize(2);
    assertThat(homesAt(cluster, 6.5)).as("one home would be full to 65%").hasSize(2);
    assertThat(homesAt(cluster, 5)).as("50%").hasSize(1);
  }

  /** Where an idle pool sends requests of many prompts once the adapter's rate has come to this. */
  private static Set<String> homesAt(Cluster cluster, double rate) {
    Set<String> found = new HashSet<>();
    for (int i = 0; i < 300 * rate; i++) {
      cluster.pass(Duration.ofNanos((long) (1e9 / rate)));
      for (int at = 0; at < cluster.endpoints.size(); at++) {
        cluster.report(at, 0, 0, 0.1, 2, Set.of("a"));
      }
      Pick.Chosen chosen = cluster.choose(new PickRequest("a", true, null, null, i + 1, Set.of()));
      chosen.dispatch().finished();
      if (i > 280 * rate) {
        found.add(Cluster.address(chosen));
      }
    }
    return found;
  }

  @Test
  void pick_adapterJustDispatchedElsewhere_followsItWithoutASecondSwap() {
    Cluster cluster =
        cluster(3, RoutingPolicy.LORA_AWARE)
            .up(0, ADAPTERS, 2, "b")
            .up(1, ADAPTERS, 2, "c")
            .up(2, ADAPTERS, 2, "d");

    Pick.Chosen first = cluster.choose("a");
    Pick.Chosen second = cluster.choose("a");

    assertThat(Cluster.address(second)).isEqualTo(Cluster.address(first));
    assertThat(first.tier()).isEqualTo(Tier.SWAP);
    assertThat(second.tier()).as("still loading: a miss").isEqualTo(Tier.SWAP);
    first.dispatch().answered();
    assertThat(cluster.choose("a").tier()).isEqualTo(Tier.RESIDENT);
  }

  @Test
  void pick_residentButLoaded_leavesWhenElsewhereIsCheaper() {
    Cluster cluster =
        cluster(2, RoutingPolicy.LORA_AWARE).up(0, ADAPTERS, 4, "a").up(1, ADAPTERS, 4, "b");
    cluster.report(0, 200, 0, 0.1, 4, Set.of("a"));

    Pick.Chosen chosen = cluster.choose("a");

    assertThat(Cluster.address(chosen)).isEqualTo(cluster.address(1));
    assertThat(chosen.tier()).isEqualTo(Tier.SWAP);
  }

  @Test
  void pick_tieredAndResidentButLoaded_stays() {
    Cluster cluster =
        cluster(2, RoutingPolicy.TIERED).up(0, ADAPTERS, 4, "a").up(1, ADAPTERS, 4, "b");
    cluster.report(0, 200, 0, 0.1, 4, Set.of("a"));

    assertThat(Cluster.address(cluster.choose("a"))).isEqualTo(cluster.address(0));
  }

  @Test
  void pick_coldAdapter_evictsASecondCopyRatherThanTheOnlyOne() {
    Cluster cluster =
        cluster(2, RoutingPolicy.LORA_AWARE)
            .up(0, ADAPTERS, 2, "a", "b")
            .up(1, ADAPTERS, 2, "a", "c");
    for (int i = 0; i < 20; i++) {
      ADAPTERS.forEach(cluster.demand::add);
    }
    // On endpoint 0 the oldest is b, held nowhere else; on endpoint 1 it is a, held twice.
    cluster.choose("a").dispatch();
    int oldestIsSole = cluster.pool().endpoints().get(0).victimIsSole() ? 0 : 1;

    Pick.Chosen chosen = cluster.choose("d");

    assertThat(Cluster.address(chosen)).isNotEqualTo(cluster.address(oldestIsSole));
  }

  @Test
  void pick_coldAdapters_goHomeUnlessThatCostsMore() {
    Cluster cluster = cluster(4, RoutingPolicy.LORA_AWARE);
    for (int i = 0; i < 4; i++) {
      cluster.up(i, ADAPTERS, 8);
    }
    Map<String, String> homes = new java.util.HashMap<>();
    for (String adapter : ADAPTERS) {
      Pick.Chosen chosen = cluster.choose(adapter);
      homes.put(adapter, Cluster.address(chosen));
      chosen.dispatch().finished();
    }

    Cluster other = cluster(4, RoutingPolicy.LORA_AWARE);
    for (int i = 0; i < 4; i++) {
      other.up(i, ADAPTERS, 8);
    }

    for (String adapter : ADAPTERS) {
      Pick.Chosen chosen = other.choose(adapter);
      assertThat(Cluster.address(chosen)).as("another gateway").isEqualTo(homes.get(adapter));
      chosen.dispatch().finished();
    }
  }

  @Test
  void pick_coldAdapterWithItsHomeDown_goesToTheNextHomeUntilItIsBack() {
    Cluster cluster = cluster(4, RoutingPolicy.LORA_AWARE);
    for (int i = 0; i < 4; i++) {
      cluster.up(i, ADAPTERS, 8);
    }
    HomeOrder homes = cluster.pool().adapter("a").homes();
    cluster.registry.reportHealth(cluster.endpoints.get(homes.nearest(0)), Health.DOWN);

    Pick.Chosen away = cluster.choose("a");
    assertThat(Cluster.address(away)).isEqualTo(cluster.address(homes.nearest(1)));
    away.dispatch().refused();
    cluster.registry.reportHealth(cluster.endpoints.get(homes.nearest(0)), Health.UP);

    assertThat(Cluster.address(cluster.choose("a"))).isEqualTo(cluster.address(homes.nearest(0)));
  }

  @Test
  void pick_slotsBusyWithOthers_prefersWhereItCanStart() {
    Cluster cluster =
        cluster(2, RoutingPolicy.TIERED).up(0, ADAPTERS, 1, "a").up(1, ADAPTERS, 1, "b");
    cluster.choose("a");

    Pick.Chosen chosen = cluster.choose("c");

    assertThat(Cluster.address(chosen)).isEqualTo(cluster.address(1));
  }

  @ParameterizedTest
  @EnumSource
  void pick_underEveryPolicy_isNeverDownUnlistedOrTried(RoutingPolicy policy) {
    Cluster cluster =
        cluster(4, policy)
            .up(0, List.of("a"), 2, "a")
            .up(1, List.of("b"), 2, "b")
            .up(2, List.of("a"), 2, "a")
            .up(3, List.of("a"), 2);
    cluster.registry.reportHealth(cluster.endpoints.get(0), Health.DOWN);
    PickRequest request = new PickRequest("a", true, null, null, 0, Set.of(cluster.address(2)));

    for (int i = 0; i < 20; i++) {
      assertThat(Cluster.address(cluster.choose(request))).isEqualTo(cluster.address(3));
    }
  }

  @Test
  void pick_nameThatNobodyLists_isUnknown() {
    Cluster cluster = cluster(1, RoutingPolicy.LORA_AWARE).up(0, ADAPTERS, 2);

    assertThat(cluster.pick("nope")).isInstanceOf(Pick.UnknownModel.class);
  }

  @Test
  void pick_listedOnlyWhereDown_findsNoneReady() {
    Cluster cluster =
        cluster(2, RoutingPolicy.LORA_AWARE).up(0, List.of("a"), 2).up(1, List.of("b"), 2);
    cluster.registry.reportHealth(cluster.endpoints.get(0), Health.DOWN);

    assertThat(cluster.pick("a")).isInstanceOf(Pick.NoneReady.class);
    assertThat(cluster.pick("b")).isInstanceOf(Pick.Chosen.class);
  }

  @Test
  void pick_afterTheEndpointLostTheAdapter_goesElsewhereOrIsUnknown() {
    Cluster cluster =
        cluster(2, RoutingPolicy.LORA_AWARE).up(0, ADAPTERS, 2, "a").up(1, ADAPTERS, 2);

    cluster.registry.lost(cluster.endpoints.get(0), "a");
    cluster.registry.drain();
    assertThat(Cluster.address(cluster.choose("a"))).isEqualTo(cluster.address(1));
    cluster.registry.lost(cluster.endpoints.get(1), "a");
    cluster.registry.drain();

    assertThat(cluster.pick("a")).isInstanceOf(Pick.UnknownModel.class);
  }

  @Test
  void pick_waitingBeyondTheLimit_isSaturated() {
    Cluster cluster = cluster(1, RoutingPolicy.LORA_AWARE).up(0, ADAPTERS, 2, "a");

    cluster.report(0, 5, 6, 0.1, 2, Set.of("a"));
    assertThat(cluster.pick("a")).isInstanceOf(Pick.Saturated.class);
    cluster.report(0, 5, 5, 0.1, 2, Set.of("a"));

    assertThat(cluster.pick("a")).isInstanceOf(Pick.Chosen.class);
  }

  @Test
  void pick_kvCacheBeyondTheLimit_isSaturated() {
    Cluster cluster = cluster(1, RoutingPolicy.LORA_AWARE).up(0, ADAPTERS, 2, "a");

    cluster.report(0, 5, 0, 0.91, 2, Set.of("a"));

    assertThat(cluster.pick("a")).isInstanceOf(Pick.Saturated.class);
  }

  @Test
  void pick_inFlightAtItsCap_isSaturatedUntilOneFinishes() {
    RoutingSettings capped =
        new RoutingSettings(
            RoutingPolicy.LORA_AWARE,
            256,
            5,
            0.9,
            1,
            Duration.ofMillis(20),
            128,
            Duration.ofMillis(20),
            Duration.ofMillis(200));
    Cluster cluster = cluster(1, capped).up(0, ADAPTERS, 2, "a");
    Pick.Chosen only = cluster.choose("a");

    assertThat(cluster.pick("a")).isInstanceOf(Pick.Saturated.class);
    only.dispatch().finished();

    assertThat(cluster.pick("a")).isInstanceOf(Pick.Chosen.class);
  }

  @Test
  void pick_staleScrape_isNeitherSaturatedNorBelieved() {
    Cluster cluster =
        cluster(2, RoutingPolicy.LORA_AWARE).up(0, ADAPTERS, 2, "a").up(1, ADAPTERS, 2, "a");
    cluster.report(0, 50, 50, 0.99, 2, Set.of("a"));
    cluster.report(1, 50, 50, 0.99, 2, Set.of("a"));

    cluster.pass(Duration.ofSeconds(4));

    Pick.Chosen chosen = cluster.choose("a");
    assertThat(chosen.tier()).isEqualTo(Tier.LOAD);
  }

  @Test
  void pick_staleEndpoint_countsAsTheMedianOfTheFresh() {
    Cluster cluster = cluster(3, RoutingPolicy.LEAST_REQUEST);
    for (int i = 0; i < 3; i++) {
      cluster.up(i, ADAPTERS, 2, "a");
    }
    cluster.pass(Duration.ofSeconds(4));
    cluster.report(1, 2, 0, 0.1, 2, Set.of("a"));
    cluster.report(2, 9, 0, 0.1, 2, Set.of("a"));

    assertThat(Cluster.address(cluster.choose("a")))
        .as("the stale one with no load counts as 9")
        .isEqualTo(cluster.address(1));
  }

  @Test
  void pick_finishedSinceTheScrape_countsAtOnce() {
    Cluster cluster =
        cluster(2, RoutingPolicy.LEAST_REQUEST).up(0, ADAPTERS, 2, "a").up(1, ADAPTERS, 2, "a");
    List<Pick.Chosen> own = new ArrayList<>();
    PickRequest onlyFirst = new PickRequest("a", true, null, null, 0, Set.of(cluster.address(1)));
    for (int i = 0; i < 3; i++) {
      own.add(cluster.choose(onlyFirst));
    }
    cluster.report(0, 3, 0, 0.1, 2, Set.of("a"));
    cluster.report(1, 1, 0, 0.1, 2, Set.of("a"));

    own.forEach(chosen -> chosen.dispatch().finished());

    assertThat(Cluster.address(cluster.choose("a"))).isEqualTo(cluster.address(0));
  }

  @Test
  void pick_baseModel_ignoresAdaptersAndTakesTheLeastLoaded() {
    Cluster cluster =
        cluster(2, RoutingPolicy.LORA_AWARE).up(0, ADAPTERS, 2, "a").up(1, ADAPTERS, 2);
    cluster.report(0, 3, 0, 0.1, 2, Set.of("a"));

    Pick.Chosen chosen = cluster.choose("base");

    assertThat(Cluster.address(chosen)).isEqualTo(cluster.address(1));
    assertThat(chosen.tier()).isEqualTo(Tier.BASE);
  }

  @Test
  void pick_session_keepsItsEndpointForOneBatchPlaceAtMost() {
    Cluster cluster =
        cluster(2, RoutingPolicy.LORA_AWARE).up(0, ADAPTERS, 2, "a").up(1, ADAPTERS, 2, "a");
    PickRequest session = new PickRequest("a", true, "chat-1", null, 0, Set.of());
    Pick.Chosen first = cluster.choose(session);
    String home = Cluster.address(first);
    Pick.Chosen second = cluster.choose(session);
    Pick.Chosen third = cluster.choose(session);

    assertThat(Cluster.address(second)).as("one request more").isEqualTo(home);
    assertThat(Cluster.address(third)).as("two requests more").isNotEqualTo(home);
  }

  @Test
  void pick_samePrompt_breaksTiesTheSameWay() {
    Cluster cluster = cluster(4, RoutingPolicy.LORA_AWARE);
    for (int i = 0; i < 4; i++) {
      cluster.up(i, ADAPTERS, 2, "a");
    }
    Set<String> samePrompt = new HashSet<>();
    Set<String> manyPrompts = new HashSet<>();
    for (int i = 1; i <= 40; i++) {
      Pick.Chosen same = cluster.choose(new PickRequest("base", true, null, null, 7, Set.of()));
      samePrompt.add(Cluster.address(same));
      same.dispatch().finished();
      Pick.Chosen other =
          cluster.choose(new PickRequest("base", true, null, null, i * 31, Set.of()));
      manyPrompts.add(Cluster.address(other));
      other.dispatch().finished();
    }

    assertThat(samePrompt).hasSize(1);
    assertThat(manyPrompts).hasSizeGreaterThan(2);
  }

  @Test
  void pick_pinned_goesThereOrNowhere() {
    Cluster cluster =
        cluster(2, RoutingPolicy.LORA_AWARE).up(0, ADAPTERS, 2, "a").up(1, ADAPTERS, 2);
    PickRequest pinned = new PickRequest("a", true, null, cluster.address(1), 0, Set.of());

    assertThat(Cluster.address(cluster.choose(pinned))).isEqualTo(cluster.address(1));
    cluster.registry.reportHealth(cluster.endpoints.get(1), Health.DOWN);

    assertThat(cluster.picker.pick(pinned, cluster.pool())).isInstanceOf(Pick.NoneReady.class);
  }

  @Test
  void pick_tokenizing_touchesNoAdapter() {
    Cluster cluster = cluster(1, RoutingPolicy.LORA_AWARE).up(0, ADAPTERS, 1, "b");

    Pick.Chosen chosen = cluster.choose(new PickRequest("a", false, null, null, 0, Set.of()));
    chosen.dispatch().answered();
    chosen.dispatch().finished();
    cluster.registry.drain();

    assertThat(chosen.tier()).isEqualTo(Tier.BASE);
    assertThat(cluster.pool().endpoints().getFirst().residency().gpu()).containsExactly("b");
  }

  @Test
  void pick_resolverPool_servesNamesThatNobodyLists() {
    PoolSettings resolver =
        new PoolSettings(
            "pool",
            "base",
            true,
            0,
            0,
            true,
            Duration.ofSeconds(3),
            Map.of(),
            RoutingSettings.DEFAULTS,
            QueueSettings.DEFAULTS,
            ScalingSettings.DEFAULTS);
    Cluster cluster = new Cluster(2, resolver);
    cluster.up(0, List.of(), 2).up(1, List.of(), 2);

    Pick.Chosen first = cluster.choose("new");
    first.dispatch().answered();
    first.dispatch().finished();
    cluster.registry.drain();
    Pick.Chosen second = cluster.choose("new");

    assertThat(Cluster.address(second)).isEqualTo(Cluster.address(first));
    assertThat(second.tier()).isEqualTo(Tier.RESIDENT);
  }

  @Test
  void pick_roundRobin_takesTurns() {
    Cluster cluster = cluster(3, RoutingPolicy.ROUND_ROBIN);
    for (int i = 0; i < 3; i++) {
      cluster.up(i, ADAPTERS, 2);
    }
    List<String> order = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      order.add(Cluster.address(cluster.choose("a")));
    }

    assertThat(order.subList(0, 3)).doesNotHaveDuplicates();
    assertThat(order.subList(3, 6)).isEqualTo(order.subList(0, 3));
  }

  @Test
  void pick_hash_isOneEndpointPerModelAndUsesAll() {
    Cluster cluster = cluster(3, RoutingPolicy.HASH);
    List<String> many = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      many.add("lora-" + i);
    }
    for (int i = 0; i < 3; i++) {
      cluster.up(i, many, 2);
    }
    Set<String> used = new HashSet<>();
    for (String adapter : many) {
      String first = Cluster.address(cluster.choose(adapter));
      assertThat(Cluster.address(cluster.choose(adapter))).isEqualTo(first);
      used.add(first);
    }

    assertThat(used).hasSize(3);
  }

  @Test
  void pick_random_usesAllEndpoints() {
    Cluster cluster = cluster(3, RoutingPolicy.RANDOM);
    for (int i = 0; i < 3; i++) {
      cluster.up(i, ADAPTERS, 2, "a");
    }
    Set<String> used = new HashSet<>();
    for (int i = 0; i < 60; i++) {
      used.add(Cluster.address(cluster.choose("a")));
    }

    assertThat(used).hasSize(3);
  }
}
