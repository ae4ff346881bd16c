package dev.loragateway.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.model.EndpointLoad;
import dev.loragateway.model.EndpointLoad.LoadedAdapters;
import dev.loragateway.model.Health;
import dev.loragateway.registry.Dispatch;
import dev.loragateway.registry.PoolSettings;
import dev.loragateway.registry.QueueSettings;
import dev.loragateway.registry.RoutingSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A pool of endpoints that are saturated by one request each. */
class AdmissionTest {
  private static final List<String> ADAPTERS = List.of("a", "b", "c", "d");
  private static final int SLOTS = 2;

  private final List<Dispatch> warmUps = new ArrayList<>();
  private final List<Runnable> warmUpsEnded = new ArrayList<>();
  private final Warmup warmup =
      (dispatch, ended) -> {
        warmUps.add(dispatch);
        warmUpsEnded.add(ended);
      };
  private final Map<String, List<Pick>> told = new java.util.HashMap<>();
  private Cluster cluster = new Cluster(0, RoutingSettings.DEFAULTS);
  private Admission admission =
      new Admission(cluster.registry, cluster.picker, cluster.demand, warmup);

  private static QueueSettings queue(int capacity, long bytes) {
    QueueSettings defaults = QueueSettings.DEFAULTS;
    return new QueueSettings(
        capacity, bytes, Duration.ofSeconds(30), defaults.priorities(), Map.of(), true, 1000);
  }

  private static RoutingSettings routing(int maxNumSeqs, int maxInFlight) {
    RoutingSettings d = RoutingSettings.DEFAULTS;
    return new RoutingSettings(
        d.policy(),
        maxNumSeqs,
        d.maxWaiting(),
        d.maxKvCache(),
        maxInFlight,
        d.tokenTime(),
        d.outputTokens(),
        d.cpuSwap(),
        d.diskSwap());
  }

  private void start(int endpoints, QueueSettings queue, String... resident) {
    RoutingSettings one = routing(RoutingSettings.DEFAULTS.maxNumSeqs(), 1);
    PoolSettings settings = PoolSettings.of("pool", "base").withRouting(one).withQueue(queue);
    cluster = new Cluster(endpoints, settings);
    for (int i = 0; i < endpoints; i++) {
      cluster.up(i, ADAPTERS, SLOTS, resident);
    }
    admission = new Admission(cluster.registry, cluster.picker, cluster.demand, warmup);
  }

  private Pick ask(String model, Duration timeout) {
    return ask(PickRequest.of(model), "standard", timeout);
  }

  private Pick ask(PickRequest request, String priority, Duration timeout) {
    List<Pick> answers = told.computeIfAbsent(request.model(), name -> new ArrayList<>());
    return admission.admit(
        new AdmissionRequest(request, priority, 1000, timeout.toNanos(), answers::add),
        cluster.pool());
  }

  private Pick ask(String model) {
    return ask(model, Duration.ofSeconds(30));
  }

  private void end(Pick pick) {
    ((Pick.Chosen) pick).dispatch().finished();
    admission.freed("pool");
  }

  private List<Pick> told(String model) {
    return told.getOrDefault(model, List.of());
  }

  @Test
  void admit_room_picksAtOnce() {
    start(1, queue(10, 1 << 20), "a");

    assertThat(ask("a")).isInstanceOf(Pick.Chosen.class);
    assertThat(admission.waiting("pool")).isZero();
  }

  @Test
  void admit_saturated_waitsUntilAPlaceIsFreed() {
    start(1, queue(10, 1 << 20), "a");
    Pick first = ask("a");

    assertThat(ask("a")).isInstanceOf(Pick.Queued.class);
    assertThat(told("a")).isEmpty();
    assertThat(admission.depths("pool")).containsExactly(Map.entry("a", 1));
    end(first);

    assertThat(told("a")).singleElement().isInstanceOf(Pick.Chosen.class);
    assertThat(admission.waiting("pool")).isZero();
  }

  @Test
  void admit_othersWait_newcomerDoesNotOvertake() {
    start(1, queue(10, 1 << 20), "a", "b");
    Pick first = ask("a");
    ask("b");
    ((Pick.Chosen) first).dispatch().finished();

    assertThat(ask("a")).isInstanceOf(Pick.Queued.class);
    assertThat(told("b")).singleElement().isInstanceOf(Pick.Chosen.class);
  }

  @Test
  void admit_roomOnlyForOtherModels_isUsed() {
    start(2, queue(10, 1 << 20), "a");
    cluster.up(1, List.of("b"), SLOTS, "b");
    ask("a");
    ask("a");

    assertThat(ask("b")).isInstanceOf(Pick.Chosen.class);
    assertThat(admission.depths("pool")).containsExactly(Map.entry("a", 1));
  }

  @Test
  void admit_queueFullByCount_isRefused() {
    start(1, queue(1, 1 << 20), "a");
    ask("a");
    ask("a");

    assertThat(ask("a")).isInstanceOf(Pick.QueueFull.class);
    assertThat(admission.waiting("pool")).isEqualTo(1);
  }

  @Test
  void admit_queueFullByBytes_isRefused() {
    start(1, queue(10, 2500), "a");
    ask("a");
    ask("a");
    ask("a");

    assertThat(ask("a")).isInstanceOf(Pick.QueueFull.class);
    assertThat(admission.waiting("pool")).isEqualTo(2);
  }

  @Test
  void admit_noQueue_isSaturated() {
    start(1, queue(0, 1 << 20), "a");
    ask("a");

    assertThat(ask("a")).isInstanceOf(Pick.Saturated.class);
  }

  @Test
  void admit_expectedWaitBeyondTheDeadline_isRefusedAtOnce() {
    start(1, queue(100, 1 << 20), "a");
    Pick running = ask("a");
    for (int i = 0; i < 20; i++) {
      ask("a");
    }
    for (int i = 0; i < 10; i++) {
      cluster.pass(Duration.ofSeconds(1));
      end(running);
      running = told("a").get(i);
    }

    assertThat(ask("a", Duration.ofSeconds(5))).isInstanceOf(Pick.TooLate.class);
    assertThat(((Pick.TooLate) ask("a", Duration.ofSeconds(5))).expected())
        .isBetween(Duration.ofSeconds(10), Duration.ofSeconds(12));
    assertThat(ask("a", Duration.ofSeconds(20))).isInstanceOf(Pick.Queued.class);
  }

  @Test
  void leave_waiting_isNeverTold() {
    start(1, queue(10, 1 << 20), "a", "b");
    Pick first = ask("a");
    Pick.Queued leaving = (Pick.Queued) ask("b");

    assertThat(leaving.leave()).isTrue();
    assertThat(leaving.leave()).isFalse();
    end(first);

    assertThat(told("b")).isEmpty();
    assertThat(ask("a")).isInstanceOf(Pick.Chosen.class);
  }

  @Test
  void leave_admitted_saysSo() {
    start(1, queue(10, 1 << 20), "a", "b");
    Pick first = ask("a");
    Pick.Queued admitted = (Pick.Queued) ask("b");
    end(first);

    assertThat(admitted.leave()).isFalse();
    assertThat(told("b")).hasSize(1);
  }

  @Test
  void freed_endpointsWentDown_thoseWhoWaitAreTold() {
    start(1, queue(10, 1 << 20), "a");
    ask("a");
    ask("b");
    cluster.registry.reportHealth(cluster.endpoints.getFirst(), Health.DOWN);
    admission.freed("pool");

    assertThat(told("b")).singleElement().isInstanceOf(Pick.NoneReady.class);
  }

  @Test
  void freed_poolIsGone_thoseWhoWaitAreTold() {
    start(1, queue(10, 1 << 20), "a");
    ask("a");
    ask("b");
    cluster.registry.configure(Map.of());
    admission.freed();

    assertThat(told("b")).singleElement().isInstanceOf(Pick.NoneReady.class);
  }

  @Test
  void admit_premium_goesBeforeStandard() {
    start(1, queue(10, 1 << 20), "b", "c");
    Pick first = ask("b");
    ask(PickRequest.of("b"), "standard", Duration.ofSeconds(30));
    ask(PickRequest.of("c"), "premium", Duration.ofSeconds(30));
    end(first);

    assertThat(told("c")).hasSize(1);
    assertThat(told("b")).isEmpty();
  }

  @Test
  void warmUp_adapterResidentNowhere_isStartedOnce() {
    start(1, queue(10, 1 << 20), "a");
    ask("a");
    ask("b");
    ask("b");

    assertThat(warmUps).singleElement().extracting(Dispatch::adapter).isEqualTo("b");
  }

  @Test
  void warmUp_ended_givesItsPlaceToWhoWaits() {
    start(1, queue(10, 1 << 20), "a");
    Pick first = ask("a");
    ask("b");
    end(first);
    assertThat(told("b")).isEmpty();

    warmUps.getFirst().finished();
    warmUpsEnded.getFirst().run();

    assertThat(told("b")).singleElement().isInstanceOf(Pick.Chosen.class);
  }

  @Test
  void warmUp_adapterResidentSomewhere_isNotNeeded() {
    start(2, queue(10, 1 << 20), "a", "b");
    ask("a");
    ask("a");
    ask("b");

    assertThat(admission.waiting("pool")).isEqualTo(1);
    assertThat(warmUps).isEmpty();
  }

  @Test
  void warmUp_everySlotBusy_takesNone() {
    start(1, queue(10, 1 << 20));
    cluster.report(0, 0, 0, 0.1, 1, Set.of("a"));
    ask("a");
    ask("b");

    assertThat(admission.waiting("pool")).isEqualTo(1);
    assertThat(warmUps).isEmpty();
  }

  @Test
  void warmUp_severalEndpoints_evictsWhatIsAskedForLeast() {
    start(2, queue(10, 1 << 20));
    cluster.report(0, 0, 0, 0.1, SLOTS, Set.of("a", "b"));
    cluster.report(1, 0, 0, 0.1, SLOTS, Set.of("b", "c"));
    for (int i = 0; i < 8; i++) {
      cluster.demand.add("a");
    }
    Pick.Chosen one = (Pick.Chosen) ask("b");
    Pick.Chosen two = (Pick.Chosen) ask("b");
    assertThat(Set.of(Cluster.address(one), Cluster.address(two))).hasSize(2);
    ask("d");

    assertThat(warmUps)
        .singleElement()
        .extracting(dispatch -> dispatch.state().endpoint().address())
        .isEqualTo(cluster.address(1));
  }

  @Test
  void warmUp_rateIsUsedUp_isLeftOut() {
    QueueSettings slow =
        new QueueSettings(10, 1 << 20, Duration.ofSeconds(30), Map.of(), Map.of(), true, 1);
    start(1, slow, "a");
    ask("a");
    ask("b");
    ask("c");
    assertThat(warmUps).hasSize(1);
    cluster.pass(Duration.ofSeconds(1));
    warmUps.getFirst().finished();
    ask("d");

    assertThat(warmUps).hasSize(2);
  }

  @Test
  void warmUp_switchedOff_isLeftOut() {
    QueueSettings off =
        new QueueSettings(10, 1 << 20, Duration.ofSeconds(30), Map.of(), Map.of(), false, 10);
    start(1, off, "a");
    ask("a");
    ask("b");

    assertThat(warmUps).isEmpty();
  }

  private static PoolSettings settings(
      boolean resolver, RoutingSettings routing, QueueSettings queue) {
    PoolSettings d = PoolSettings.of("pool", "base");
    return new PoolSettings(
        d.name(),
        d.baseModel(),
        resolver,
        0,
        3,
        true,
        d.staleAfter(),
        Map.of(),
        routing,
        queue,
        d.scaling());
  }

  /** Endpoints without a cap, so that only their slots are scarce. */
  private void startUncapped(int endpoints, QueueSettings queue, String... resident) {
    PoolSettings settings = settings(false, RoutingSettings.DEFAULTS, queue);
    cluster = new Cluster(endpoints, settings);
    for (int i = 0; i < endpoints; i++) {
      cluster.up(i, ADAPTERS, SLOTS, resident);
    }
    admission = new Admission(cluster.registry, cluster.picker, cluster.demand, warmup);
  }

  @Test
  void admit_everySlotBusy_waitsForOneInTheGateway() {
    startUncapped(1, queue(10, 1 << 20), "a", "b");
    Pick first = ask("a");
    ask("b");

    assertThat(ask("c")).isInstanceOf(Pick.Queued.class);
    end(first);

    assertThat(told("c")).singleElement().isInstanceOf(Pick.Chosen.class);
  }

  @Test
  void admit_everySlotBusy_whoNeedsNoneGoesAtOnce() {
    startUncapped(1, queue(10, 1 << 20), "a", "b");
    ask("a");
    ask("b");
    ask("c");

    assertThat(ask("a")).isInstanceOf(Pick.Chosen.class);
    assertThat(ask("base")).isInstanceOf(Pick.Chosen.class);
    assertThat(admission.depths("pool")).containsExactly(Map.entry("c", 1));
  }

  @Test
  void admit_everySlotBusyAndNoQueue_waitsAtTheServer() {
    startUncapped(1, queue(0, 1 << 20), "a", "b");
    ask("a");
    ask("b");

    assertThat(ask("c")).isInstanceOf(Pick.Chosen.class);
  }

  @Test
  void admit_slotFreed_whoseSwapIsCheapestThereGoesFirst() {
    startUncapped(1, queue(10, 1 << 20), "a", "b");
    cluster.registry.report(
        cluster.endpoints.getFirst(),
        new EndpointLoad(
            0,
            0,
            0.1,
            SLOTS,
            1,
            Double.NaN,
            Set.of(),
            new LoadedAdapters(Set.of("a", "b"), Set.of("a", "b", "d"))));
    Pick first = ask("a");
    ask("b");
    ask("c");
    ask("d");
    end(first);

    assertThat(told("d")).singleElement().isInstanceOf(Pick.Chosen.class);
    assertThat(told("c")).isEmpty();
  }

  @Test
  void admit_slotsNeverComeFree_oneIsFreedForWhoHasWaitedForAnAnswersTime() {
    startUncapped(1, queue(10, 1 << 20), "a", "b");
    ask("b");
    ask("b");
    Pick first = ask("a");
    ask("c");
    cluster.pass(Duration.ofSeconds(3));
    admission.freed("pool");

    assertThat(ask("a")).isInstanceOf(Pick.Queued.class);
    assertThat(ask("b")).isInstanceOf(Pick.Chosen.class);
    end(first);

    assertThat(told("c")).singleElement().isInstanceOf(Pick.Chosen.class);
    assertThat(admission.depths("pool")).containsExactly(Map.entry("a", 1));
    end(told("c").getFirst());
    assertThat(told("a")).last().isInstanceOf(Pick.Chosen.class);
  }

  @Test
  void leave_slotIsBeingFreed_itsAdapterIsOpenAgain() {
    startUncapped(1, queue(10, 1 << 20), "a", "b");
    ask("b");
    ask("b");
    ask("a");
    Pick.Queued waiting = (Pick.Queued) ask("c");
    cluster.pass(Duration.ofSeconds(3));
    admission.freed("pool");
    waiting.leave();

    assertThat(ask("a")).isInstanceOf(Pick.Chosen.class);
  }

  @Test
  void leave_slotIsBeingFreed_whoWaitsForItsAdapterGoes() {
    startUncapped(1, queue(10, 1 << 20), "a", "b");
    ask("b");
    ask("b");
    ask("a");
    Pick.Queued waiting = (Pick.Queued) ask("c");
    cluster.pass(Duration.ofSeconds(3));
    admission.freed("pool");
    ask("a");
    waiting.leave();

    assertThat(told("a")).singleElement().isInstanceOf(Pick.Chosen.class);
  }

  private Pick retry(String model, Integer... tried) {
    Set<String> addresses =
        Set.of(tried).stream().map(cluster::address).collect(java.util.stream.Collectors.toSet());
    PickRequest request = new PickRequest(model, true, null, null, 0, addresses, true);
    return ask(request, "standard", Duration.ofSeconds(30));
  }

  @Test
  void admit_manyWaitForSlots_whoNeedsNoneIsNotHeldBack() {
    List<String> cold = new ArrayList<>(List.of("a", "b"));
    for (int i = 0; i < 50; i++) {
      cold.add("cold-" + i);
    }
    startUncapped(1, queue(100, 1 << 20));
    cluster.up(0, cold, SLOTS, "a", "b");
    ask("a");
    ask("b");
    for (int i = 0; i < 50; i++) {
      assertThat(ask("cold-" + i)).isInstanceOf(Pick.Queued.class);
    }

    for (int i = 0; i < 10; i++) {
      assertThat(ask("base")).isInstanceOf(Pick.Chosen.class);
      assertThat(ask("a")).isInstanceOf(Pick.Chosen.class);
    }
    assertThat(admission.waiting("pool")).isEqualTo(50);
  }

  @Test
  void admit_retryWithNowhereToGo_doesNotHoldBackItsAdapter() {
    start(2, queue(10, 1 << 20), "a");
    Pick one = ask("a");
    Pick two = ask("a");
    Pick atFirst = Cluster.address((Pick.Chosen) one).equals(cluster.address(0)) ? one : two;
    retry("a", 0);
    Pick newcomer = ask("a");
    assertThat(newcomer).isInstanceOf(Pick.Queued.class);
    end(atFirst);

    assertThat(told("a")).singleElement().isInstanceOf(Pick.Chosen.class);
    assertThat(Cluster.address((Pick.Chosen) told("a").getFirst())).isEqualTo(cluster.address(0));
    assertThat(((Pick.Queued) newcomer).leave()).as("the newcomer still waits").isFalse();
  }

  @Test
  void admit_retryWhenTheQueueIsFull_waitsAllTheSame() {
    start(2, queue(1, 1 << 20), "a");
    ask("a");
    ask("a");
    ask("a");

    assertThat(retry("a")).isInstanceOf(Pick.Queued.class);
  }

  @Test
  void admit_retry_leavesItsClassAsOldAsItWas() {
    start(1, queue(10, 1 << 20), "b", "c");
    Duration headStart = QueueSettings.DEFAULTS.priorities().get("premium");
    Pick first = ask("b");
    ask("b");
    cluster.pass(headStart.plusSeconds(2));
    retry("b");
    ask(PickRequest.of("c"), "premium", Duration.ofSeconds(30));
    end(first);

    assertThat(told("b")).hasSize(1);
    assertThat(told("c")).isEmpty();
  }

  @Test
  void admit_othersWait_demandIsStillCounted() {
    start(1, queue(10, 1 << 20), "a");
    ask("a");
    for (int i = 0; i < 5; i++) {
      ask("b");
      cluster.demand.add("as often");
    }

    assertThat(cluster.demand.rate("b")).isEqualTo(cluster.demand.rate("as often"));
  }

  @Test
  void admit_queueIsFullOfThoseWhoWaitForSlots_whoHasRoomIsNotRefused() {
    startUncapped(1, queue(1, 1 << 20), "a", "b");
    ask("a");
    ask("b");
    ask("c");

    assertThat(ask("base")).isInstanceOf(Pick.Chosen.class);
    assertThat(ask("a", Duration.ZERO)).isInstanceOf(Pick.Chosen.class);
    assertThat(ask("d")).isInstanceOf(Pick.QueueFull.class);
  }

  @Test
  void admit_onlyServerOfTheAdapterIsDown_isToldThoughTheOthersAreFull() {
    start(2, queue(10, 1 << 20), "a");
    cluster.up(0, List.of("a"), SLOTS, "a");
    cluster.up(1, List.of("b"), SLOTS, "b");
    ask("a");
    ask("a");
    Pick held = ask("b");
    ask("b");
    assertThat(admission.depths("pool")).containsOnlyKeys("a", "b");
    cluster.registry.reportHealth(cluster.endpoints.get(1), Health.DOWN);
    admission.freed("pool");

    assertThat(held).isInstanceOf(Pick.Chosen.class);
    assertThat(told("b")).singleElement().isInstanceOf(Pick.NoneReady.class);
    assertThat(ask("b")).isInstanceOf(Pick.NoneReady.class);
  }

  @Test
  void admit_requestThatTheEngineDoesNotRun_neverWaits() {
    start(1, queue(10, 1 << 20), "a");
    ask("a");
    ask("a");
    PickRequest tokenize = new PickRequest("a", false, null, null, 0, Set.of());

    assertThat(ask(tokenize, "standard", Duration.ZERO)).isInstanceOf(Pick.Chosen.class);
  }

  @Test
  void admit_ownAdapterIsTheLeastUsed_itIsNotClosedForItself() {
    PoolSettings settings =
        PoolSettings.of("pool", "base").withRouting(routing(4, 0)).withQueue(queue(10, 1 << 20));
    cluster = new Cluster(1, settings);
    cluster.up(0, ADAPTERS, SLOTS, "a", "c");
    admission = new Admission(cluster.registry, cluster.picker, cluster.demand, warmup);
    Pick first = ask("a");
    ask("a");
    ask("a");
    ask("c");
    ask("c");
    cluster.pass(Duration.ofSeconds(3));
    admission.freed("pool");
    end(first);

    assertThat(told("c")).singleElement().isInstanceOf(Pick.Chosen.class);
  }

  @Test
  void freed_endpointWhereASlotIsBeingFreedWentDown_oneIsFreedElsewhere() {
    startUncapped(2, queue(10, 1 << 20));
    cluster.up(0, List.of("a", "b", "c"), SLOTS, "a", "b");
    cluster.up(1, List.of("c", "d", "e"), SLOTS, "d", "e");
    ask("a");
    ask("b");
    ask("b");
    for (int i = 0; i < 2; i++) {
      ask("d");
      ask("e");
      ask("e");
    }
    ask("c");
    cluster.pass(Duration.ofSeconds(3));
    admission.freed("pool");
    assertThat(ask("d")).as("a is closed").isInstanceOf(Pick.Chosen.class);
    cluster.registry.reportHealth(cluster.endpoints.getFirst(), Health.DOWN);
    admission.freed("pool");

    assertThat(ask("d")).as("d is closed now").isInstanceOf(Pick.Queued.class);
    assertThat(ask("e")).isInstanceOf(Pick.Chosen.class);
  }

  @Test
  void admit_resolverPool_whoWaitsGoesWhereTheAdapterIsNotListed() {
    PoolSettings resolver = settings(true, routing(1, 1), queue(10, 1 << 20));
    cluster = new Cluster(2, resolver);
    cluster.up(0, List.of("a"), SLOTS, "a");
    cluster.up(1, List.of("b"), SLOTS, "b");
    admission = new Admission(cluster.registry, cluster.picker, cluster.demand, warmup);
    Pick there = ask("b");
    ask("a");
    assertThat(ask("a")).isInstanceOf(Pick.Queued.class);
    end(there);

    assertThat(told("a")).singleElement().isInstanceOf(Pick.Chosen.class);
  }

  @Test
  void admit_retryAndNoQueue_isSaturated() {
    start(1, queue(0, 1 << 20), "a");
    ask("a");

    assertThat(retry("a")).isInstanceOf(Pick.Saturated.class);
  }

  @Test
  void admit_requestThatTheEngineDoesNotRun_takesNoPlace() {
    start(1, queue(10, 1 << 20), "a");
    PickRequest tokenize = new PickRequest("a", false, null, null, 0, Set.of());
    Pick first = ask(tokenize, "standard", Duration.ZERO);

    assertThat(ask("a")).isInstanceOf(Pick.Chosen.class);
    end(first);
    assertThat(cluster.pool().endpoints().getFirst().inFlight().total()).isEqualTo(1);
    assertThat(cluster.demand.rate("a")).isEqualTo(demandOfOne());
  }

  private double demandOfOne() {
    return cluster.demand.add("one");
  }
}
