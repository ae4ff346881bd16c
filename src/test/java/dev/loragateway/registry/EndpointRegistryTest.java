package dev.loragateway.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.loragateway.model.Endpoint;
import dev.loragateway.model.EndpointLoad;
import dev.loragateway.model.EngineSleep;
import dev.loragateway.model.Health;
import dev.loragateway.model.ModelCard;
import dev.loragateway.model.Origin;
import dev.loragateway.model.Residency;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EndpointRegistryTest {
  private static final PoolSettings LLAMA = PoolSettings.of("llama", "base");
  private static final PoolSettings QWEN = PoolSettings.of("qwen", "qwen-base");
  private final Endpoint one = Endpoint.plain("llama", "10.0.0.1", 8000);
  private final Endpoint two = Endpoint.plain("llama", "10.0.0.2", 8000);
  private final Endpoint three = Endpoint.plain("qwen", "10.0.0.3", 8000);
  private final AtomicLong clock = new AtomicLong(1);
  private final List<String> heard = new ArrayList<>();
  private final EndpointRegistry registry =
      new EndpointRegistry(clock::get, new Recorder(), Runnable::run);

  private final class Recorder implements RegistryListener {
    @Override
    public void swapped(Endpoint at, String adapter, @Nullable String victim, boolean recent) {
      heard.add(adapter + ">" + victim + (recent ? " recent" : ""));
    }

    @Override
    public void corrected(Endpoint at, int adapters) {
      heard.add("corrected " + adapters);
    }

    @Override
    public void clash(String model, String owner, String other) {
      heard.add("clash " + model + " " + owner + " " + other);
    }
  }

  private void configure() {
    Map<PoolSettings, List<Endpoint>> pools = new LinkedHashMap<>();
    pools.put(LLAMA, List.of(one, two));
    pools.put(QWEN, List.of(three));
    registry.configure(pools);
  }

  private void list(Endpoint endpoint, String base, String... adapters) {
    List<ModelCard> cards = new ArrayList<>();
    cards.add(new ModelCard(base, null, "/models/base", 1, 4096));
    for (String adapter : adapters) {
      cards.add(new ModelCard(adapter, base, "/models/" + adapter, 1, 0));
    }
    registry.reportModels(endpoint, cards);
  }

  private void scrape(Endpoint endpoint, int slots, double started, String... active) {
    registry.scrapeBegins(endpoint);
    report(endpoint, slots, started, active);
  }

  private void report(Endpoint endpoint, int slots, double started, String... active) {
    registry.report(endpoint, new EndpointLoad(0, 0, 0, slots, 1, started, Set.of(active), null));
  }

  private EndpointState state(Endpoint endpoint) {
    return registry.snapshot().pools().stream()
        .flatMap(pool -> pool.endpoints().stream())
        .filter(at -> at.endpoint().equals(endpoint))
        .findFirst()
        .orElseThrow();
  }

  private Dispatch dispatch(Endpoint endpoint, String adapter) {
    EndpointState at = state(endpoint);
    Dispatch dispatch =
        registry.dispatch(at, at.inFlight().cell(adapter), at.residency().level(adapter), 0);
    assertThat(dispatch).isNotNull();
    return dispatch;
  }

  private void serve(Endpoint endpoint, String adapter) {
    Dispatch dispatch = dispatch(endpoint, adapter);
    dispatch.answered();
    dispatch.finished();
    registry.drain();
  }

  @Test
  void models_ofEachPool_areKnownByName() {
    configure();
    list(one, "base", "acme/llama/v1");
    list(three, "qwen-base", "math");

    RegistrySnapshot snapshot = registry.snapshot();

    assertThat(snapshot.pool("acme/llama/v1").name()).isEqualTo("llama");
    assertThat(snapshot.pool("math").name()).isEqualTo("qwen");
    assertThat(snapshot.pool("base").name()).isEqualTo("llama");
    assertThat(snapshot.pool("nope")).isNull();
    assertThat(snapshot.cards()).containsOnlyKeys("base", "acme/llama/v1", "qwen-base", "math");
    assertThat(snapshot.pools().getFirst().adapter("acme/llama/v1").registered(0)).isTrue();
    assertThat(snapshot.pools().getFirst().adapter("acme/llama/v1").registered(1)).isFalse();
  }

  @Test
  void models_ofAPoolThatLostItsEndpoints_stayKnownUntilOthersAreListed() {
    configure();
    list(one, "base", "a");

    registry.configure(Map.of(LLAMA, List.of()));
    assertThat(registry.snapshot().pool("a").endpoints()).isEmpty();
    assertThat(registry.snapshot().cards()).containsOnlyKeys("base", "a");
    registry.configure(Map.of(LLAMA, List.of(two)));
    assertThat(registry.snapshot().pool("a").adapter("a").registered(0)).isFalse();
    list(two, "base", "b");

    assertThat(registry.snapshot().pool("a")).isNull();
  }

  @Test
  void models_ofAPoolThatLostItsEndpoints_areAnothersWhoListsThem() {
    configure();
    list(one, "base", "a");
    Map<PoolSettings, List<Endpoint>> emptied = new LinkedHashMap<>();
    emptied.put(LLAMA, List.of());
    emptied.put(QWEN, List.of(three));
    registry.configure(emptied);

    list(three, "qwen-base", "a");

    assertThat(registry.snapshot().pool("a").name()).isEqualTo("qwen");
    assertThat(heard).noneMatch(word -> word.startsWith("clash"));
  }

  @Test
  void models_ofAnEndpointThatIsDown_stayKnown() {
    configure();
    list(one, "base", "a");
    registry.reportHealth(one, Health.DOWN);

    assertThat(registry.snapshot().pool("a")).isNotNull();
  }

  @Test
  void models_servedByTwoPools_belongToTheFirst() {
    configure();
    list(one, "base", "shared");
    list(three, "qwen-base", "shared");

    assertThat(registry.snapshot().pool("shared").name()).isEqualTo("llama");
    assertThat(registry.snapshot().pools().get(1).adapter("shared")).isNull();
    assertThat(heard).contains("clash shared llama qwen");
  }

  @Test
  void models_listedAtFirst_areTakenAsLoadedInOrderWithoutASwap() {
    configure();
    list(one, "base", "a", "b", "c");
    scrape(one, 2, 100);

    assertThat(state(one).residency().gpu()).containsExactly("b", "c");
    assertThat(heard).isEmpty();
  }

  @Test
  void models_loadedLater_takeASlot() {
    configure();
    list(one, "base", "a", "b");
    scrape(one, 2, 100);

    list(one, "base", "a", "b", "c");

    assertThat(state(one).residency().gpu()).containsExactly("b", "c");
    assertThat(heard).containsExactly("c>a");
  }

  @Test
  void slots_reportedByASibling_areTakenOver() {
    configure();
    scrape(one, 4, 100);

    assertThat(state(one).residency().slots()).isEqualTo(4);
    assertThat(state(two).residency().slots()).isEqualTo(4);
    assertThat(state(three).residency().slots()).isEqualTo(1);
  }

  @Test
  void dispatch_ofAColdAdapter_showsInTheSnapshotWithoutBeingAsked() {
    configure();
    list(one, "base", "a", "b", "c");
    scrape(one, 2, 100);

    dispatch(one, "a");

    Awaitility.await()
        .untilAsserted(
            () -> assertThat(state(one).residency().level("a")).isEqualTo(Residency.GPU));
  }

  @Test
  void swap_ofAnAdapterJustUsed_isRecent() {
    configure();
    list(one, "base", "a", "b", "c");
    scrape(one, 2, 100);
    serve(one, "b");
    serve(one, "c");
    clock.addAndGet(Duration.ofSeconds(59).toNanos());
    serve(one, "a");
    clock.addAndGet(Duration.ofSeconds(61).toNanos());

    serve(one, "b");

    assertThat(heard).containsExactly("a>b recent", "b>c");
  }

  @Test
  void restart_emptiesTheCaches_andTheNextListFillsThem() {
    configure();
    list(one, "base", "a", "b", "c");
    registry.reportHealth(one, Health.UP);
    scrape(one, 2, 100);

    scrape(one, 2, 200);
    assertThat(state(one).residency().gpu()).isEmpty();
    assertThat(registry.snapshot().pool("a")).as("still routable").isNotNull();
    list(one, "base", "a", "b");

    assertThat(state(one).residency().gpu()).containsExactly("a", "b");
  }

  @Test
  void restart_seenAfterItsList_usesThatList() {
    configure();
    list(one, "base", "a", "b", "c");
    registry.reportHealth(one, Health.UP);
    scrape(one, 2, 100);
    registry.reportHealth(one, Health.DOWN);

    list(one, "base", "a", "b");
    scrape(one, 2, 200);

    assertThat(state(one).residency().gpu()).containsExactly("a", "b");
  }

  @Test
  void scrape_provingAnAdapterOfAnotherClient_corrects() {
    configure();
    list(one, "base", "a", "b", "c");
    scrape(one, 2, 100);

    scrape(one, 2, 100, "a");

    assertThat(state(one).residency().gpu()).containsExactly("c", "a");
    assertThat(heard).contains("corrected 1");
  }

  @Test
  void scrape_olderThanASwap_provesNothing() {
    configure();
    list(one, "base", "a", "b", "c");
    scrape(one, 2, 100);
    registry.scrapeBegins(one);
    serve(one, "a");

    report(one, 2, 100, "b");

    assertThat(state(one).residency().gpu()).containsExactly("c", "a");
  }

  @Test
  void scrape_withMoreNamesThanSlots_provesNothing() {
    configure();
    list(one, "base", "a", "b", "c");
    scrape(one, 2, 100);

    scrape(one, 2, 100, "a", "b", "c");

    assertThat(state(one).residency().gpu()).containsExactly("b", "c");
  }

  @Test
  void scrape_ofSeveralEngines_leavesTheResidencyUnknown() {
    configure();
    list(one, "base", "a");
    registry.report(one, new EndpointLoad(0, 0, 0, 2, 2, 100, Set.of(), null));

    assertThat(state(one).residency().level("a")).isEqualTo(Residency.UNKNOWN);
  }

  @Test
  void requests_finishedWhileAScrapeWasUnderWay_areNotCountedAgain() {
    configure();
    list(one, "base", "a");
    Dispatch own = dispatch(one, "a");
    registry.scrapeBegins(one);
    own.answered();
    own.finished();

    registry.report(one, new EndpointLoad(1, 0, 0, 2, 1, 100, Set.of("a"), null));

    assertThat(state(one).requests()).isZero();
  }

  @Test
  void configure_otherPodAtTheSameAddress_isAnotherEndpoint() {
    Endpoint before = pod("one");
    registry.configure(Map.of(LLAMA, List.of(before)));
    list(before, "base", "a", "b");
    scrape(before, 2, 100);
    serve(before, "a");
    assertThat(state(before).residency().gpu()).contains("a");

    Endpoint after = pod("two");
    registry.configure(Map.of(LLAMA, List.of(after)));

    assertThat(state(after).residency().gpu()).isEmpty();
    assertThat(state(after).load()).isNull();
  }

  private static Endpoint pod(String uid) {
    Endpoint plain = Endpoint.plain(LLAMA.name(), "10.0.0.1", 8000);
    return new Endpoint(
        plain.pool(),
        plain.address(),
        plain.host(),
        plain.port(),
        plain.access(),
        new Origin("", "", uid));
  }

  @Test
  void declared_newEndpoint_servesUntilItSaysOtherwise() {
    registry.configure(Map.of(LLAMA, List.of(one)));
    registry.declared(Map.of(one, List.of("a")));

    assertThat(state(one).up()).isTrue();
    assertThat(registry.snapshot().pool("a")).isNotNull();
    list(one, "base", "b");
    assertThat(registry.snapshot().pool("a")).isNull();
    registry.declared(Map.of(one, List.of("a")));
    assertThat(registry.snapshot().pool("a")).isNull();
  }

  @Test
  void declared_newEndpoint_holdsThemBelowWhatItSaysItself() {
    registry.configure(Map.of(LLAMA, List.of(one)));
    registry.declared(Map.of(one, List.of("a", "b", "gone")));
    list(one, "base", "x", "y", "a", "b", "c");
    scrape(one, 3, 100, "c");

    assertThat(state(one).residency().gpu()).containsExactly("b", "a", "c");
    assertThat(heard).noneMatch(word -> word.startsWith("a>") || word.startsWith("b>"));
  }

  @Test
  void declared_others_fillTheSlotsOfWhichNothingIsKnown() {
    registry.configure(Map.of(LLAMA, List.of(one)));
    list(one, "base", "a", "b", "c", "d");
    scrape(one, 3, 100);
    serve(one, "a");
    serve(one, "b");

    registry.declared(Map.of(one, List.of("d", "a")));
    assertThat(state(one).residency().gpu()).containsExactly("d", "a", "b");
    registry.declared(Map.of(one, List.of("c")));
    assertThat(state(one).residency().gpu()).containsExactly("c", "a", "b");
    serve(one, "d");
    registry.declared(Map.of(one, List.of("c", "a")));
    assertThat(state(one).residency().gpu()).containsExactly("a", "b", "d");
  }

  @Test
  void declared_theServerStartsAnew_theyAreForgotten() {
    registry.configure(Map.of(LLAMA, List.of(one)));
    registry.declared(Map.of(one, List.of("a")));
    list(one, "base", "a");
    scrape(one, 2, 100);

    scrape(one, 2, 200);
    registry.declared(Map.of(one, List.of("a")));

    assertThat(state(one).residency().gpu()).isEmpty();
    registry.declared(Map.of(one, List.of()));
    registry.declared(Map.of(one, List.of("a")));
    assertThat(state(one).residency().gpu()).containsExactly("a");
  }

  @Test
  void declared_anAdapterThatTheServerDoesNotList_isNotHeld() {
    registry.configure(Map.of(LLAMA, List.of(one)));
    list(one, "base", "b");
    scrape(one, 2, 100);

    registry.declared(Map.of(one, List.of("a")));

    assertThat(state(one).residency().gpu()).containsExactly("b");
  }

  @Test
  void declared_endpointThatIsDown_staysDown() {
    registry.configure(Map.of(LLAMA, List.of(one)));
    registry.reportHealth(one, Health.DOWN);

    registry.declared(Map.of(one, List.of("a")));

    assertThat(state(one).up()).isFalse();
  }

  @Test
  void configure_zoneOfAnEndpointBecomesKnown_itsRequestsStillCount() {
    configure();
    list(one, "base", "a", "b", "c");
    scrape(one, 2, 100);
    Dispatch open = dispatch(one, "a");
    Endpoint zoned =
        new Endpoint(
            one.pool(),
            one.address(),
            one.host(),
            one.port(),
            one.access(),
            new Origin("", "z", ""));
    registry.configure(Map.of(LLAMA, List.of(zoned)));

    open.answered();
    open.finished();
    registry.drain();
    serve(zoned, "b");
    serve(zoned, "c");

    assertThat(state(zoned).residency().gpu()).containsExactly("b", "c");
  }

  @Test
  void configure_awaitedPoolWithoutEndpoints_isNotReady() {
    registry.configure(Map.of(LLAMA, List.of()), Set.of(LLAMA.name()));
    assertThat(registry.snapshot().ready()).isFalse();

    registry.configure(Map.of(LLAMA, List.of()));
    assertThat(registry.snapshot().ready()).isTrue();
  }

  @Test
  void expectedRequests_afterTheFirstScrape_areWhatItSaid() {
    configure();
    list(one, "base", "a");
    registry.scrapeBegins(one);
    registry.report(one, new EndpointLoad(20, 0, 0, 2, 1, 100, Set.of(), null));
    EndpointState busy = state(one);
    assertThat(busy.expectedRequests(busy.loadAt() + 10_000_000_000L)).isEqualTo(20);
    registry.scrapeBegins(one);
    registry.report(one, new EndpointLoad(0, 0, 0, 2, 1, 200, Set.of(), null));

    EndpointState restarted = state(one);
    assertThat(restarted.expectedRequests(restarted.loadAt() + 10_000_000_000L)).isZero();
  }

  @Test
  void expectedRequests_asAScrapeAges_goBackToWhatOthersUsuallySend() {
    configure();
    list(one, "base", "a");
    for (int i = 0; i < 100; i++) {
      registry.scrapeBegins(one);
      registry.report(one, new EndpointLoad(4, 0, 0, 2, 1, 100, Set.of(), null));
    }
    registry.scrapeBegins(one);
    registry.report(one, new EndpointLoad(14, 0, 0, 2, 1, 100, Set.of(), null));
    dispatch(one, "a");
    EndpointState state = state(one);
    long answer = (long) (state.times().answer() * 1e6);

    assertThat(state.expectedRequests(state.loadAt())).isEqualTo(15);
    assertThat(state.expectedRequests(state.loadAt() + answer)).isBetween(7.0, 9.0);
    assertThat(state.expectedRequests(state.loadAt() + 100 * answer)).isBetween(6.0, 6.1);
  }

  @Test
  void configure_again_keepsWhatIsKnownOfEndpointsThatStay() {
    configure();
    list(one, "base", "a", "b", "c");
    list(two, "base", "a");
    scrape(one, 2, 100);
    serve(one, "a");
    Dispatch toTheGoing = dispatch(two, "a");

    registry.configure(Map.of(LLAMA, List.of(one)));
    toTheGoing.finished();
    registry.drain();

    assertThat(registry.snapshot().pools()).hasSize(1);
    assertThat(registry.snapshot().pools().getFirst().endpoints()).hasSize(1);
    assertThat(state(one).residency().gpu()).containsExactly("c", "a");
  }

  private AdapterRow row(String adapter) {
    AdapterRow row = registry.snapshot().pools().getFirst().adapter(adapter);
    assertThat(row).isNotNull();
    return row;
  }

  @Test
  void row_afterSwaps_levelsAreThoseOfTheLrus() {
    configure();
    list(one, "base", "a", "b", "c");
    scrape(one, 2, 100);

    serve(one, "a");

    for (String adapter : List.of("a", "b", "c")) {
      assertThat(row(adapter).level(0)).isEqualTo(state(one).residency().level(adapter));
      assertThat(row(adapter).level(1)).isEqualTo(Residency.REGISTERED);
    }
    assertThat(row("a").level(0)).isEqualTo(Residency.GPU);
  }

  @Test
  void row_afterTheModelsChange_keepsLevelsAndRequestsUnderWay() {
    configure();
    list(one, "base", "a", "b");
    scrape(one, 2, 100);
    Dispatch open = dispatch(one, "a");

    list(one, "base", "a");
    list(two, "base", "new");
    list(one, "base", "b", "a");

    assertThat(row("a").level(0)).isEqualTo(Residency.GPU);
    assertThat(row("b").level(0)).as("listed again").isEqualTo(Residency.GPU);
    assertThat(row("new").level(1)).isEqualTo(Residency.GPU);
    assertThat(row("a").busy(0)).isTrue();
    open.finished();
    assertThat(row("a").busy(0)).isFalse();
  }

  @Test
  void row_afterThePoolChanges_isByTheNewPositions() {
    configure();
    list(two, "base", "a");
    scrape(two, 2, 100);
    Dispatch open = dispatch(two, "a");

    registry.configure(Map.of(LLAMA, List.of(two)));

    assertThat(row("a").busy(0)).isTrue();
    assertThat(row("a").level(0)).isEqualTo(Residency.GPU);
    open.finished();
    assertThat(row("a").busy(0)).isFalse();
  }

  @Test
  void victimIsSole_changesWithTheCopiesElsewhere() {
    configure();
    list(one, "base", "a", "b");
    list(two, "base", "a", "b");
    scrape(one, 1, 100);
    scrape(two, 1, 100);
    assertThat(state(one).residency().victim()).isEqualTo("b");
    assertThat(state(one).victimIsSole()).isFalse();

    serve(two, "a");

    assertThat(state(one).victimIsSole()).isTrue();
    assertThat(state(two).victimIsSole()).isTrue();
  }

  @Test
  void snapshot_afterATouchOfOneEndpoint_keepsTheOthersState() {
    configure();
    list(one, "base", "a");
    list(two, "base", "a");
    EndpointState first = state(one);
    EndpointState second = state(two);

    serve(one, "a");

    assertThat(state(one)).isNotSameAs(first);
    assertThat(state(two)).isSameAs(second);
  }

  @Test
  void ready_onceEachPoolWasAsked() {
    configure();
    assertThat(registry.snapshot().ready()).isFalse();
    scrape(one, 2, 100);
    assertThat(registry.snapshot().ready()).isFalse();
    scrape(three, 2, 100);

    assertThat(registry.snapshot().ready()).isTrue();
  }

  @Test
  void aliases_areKnownNames() {
    PoolSettings aliased =
        new PoolSettings(
            "llama",
            "base",
            false,
            0,
            0,
            true,
            Duration.ofSeconds(3),
            Map.of("support", AliasTarget.only("acme/support/v1")),
            RoutingSettings.DEFAULTS,
            QueueSettings.DEFAULTS,
            ScalingSettings.DEFAULTS);
    registry.configure(Map.of(aliased, List.of(one)));

    assertThat(registry.snapshot().pool("support").name()).isEqualTo("llama");
    assertThat(registry.snapshot().cards()).isEmpty();
    list(one, "base", "acme/support/v1");

    assertThat(registry.snapshot().cards().get("support").parent()).isEqualTo("base");
  }

  private void tells(Endpoint endpoint, EngineSleep sleep) {
    registry.report(
        endpoint, new EndpointLoad(0, 0, 0, 0, 1, 100, Set.of(), 0, Map.of(), null, sleep, 0));
  }

  @Test
  void sleep_isWhatTheServerTells() {
    configure();
    registry.reportHealth(one, Health.UP);
    registry.scrapeBegins(one);
    tells(one, EngineSleep.ASLEEP);

    assertThat(state(one).health()).isEqualTo(Health.ASLEEP);
    assertThat(state(one).up()).isFalse();
    assertThat(state(one).wakeable()).isTrue();
    tells(one, EngineSleep.SUSPENDED);
    assertThat(state(one).asleep()).isTrue();
    assertThat(state(one).wakeable()).isFalse();
    tells(one, EngineSleep.AWAKE);
    assertThat(state(one).health()).isEqualTo(Health.UP);
    registry.reportHealth(one, Health.DOWN);
    tells(one, EngineSleep.ASLEEP);
    assertThat(state(one).health()).isEqualTo(Health.DOWN);
  }

  @Test
  void sleep_whileTheGatewayCalls_scrapesDoNotCount() {
    configure();
    registry.reportHealth(one, Health.UP);
    registry.fallsAsleep(one);
    clock.incrementAndGet();
    registry.scrapeBegins(one);
    tells(one, EngineSleep.AWAKE);
    assertThat(state(one).asleep()).isTrue();

    registry.sleeps(one, true);
    tells(one, EngineSleep.AWAKE);
    assertThat(state(one).asleep()).as("the scrape began before the call ended").isTrue();

    clock.incrementAndGet();
    registry.scrapeBegins(one);
    tells(one, EngineSleep.AWAKE);
    assertThat(state(one).asleep()).as("somebody woke it").isFalse();
  }
}
