package dev.loragateway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.adapters.AdapterPhase;
import dev.loragateway.adapters.AdapterSettings;
import dev.loragateway.adapters.AdapterSpec;
import dev.loragateway.adapters.AdapterStatus;
import dev.loragateway.adapters.AliasShare;
import dev.loragateway.adapters.PlacementSettings;
import dev.loragateway.registry.ServedNames;
import dev.loragateway.sim.SimFault;
import dev.loragateway.sim.SimRequest;
import dev.loragateway.sim.SimSettings;
import dev.loragateway.sim.SimulatedServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

class AdaptersTest {
  private static final String LOAD = "/v1/load_lora_adapter";
  private static final String UNLOAD = "/v1/unload_lora_adapter";
  private static final Duration SOON = Duration.ofSeconds(20);

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  @TempDir Path directory;
  private AdapterFolder folder;
  private SimulatedServer a;
  private SimulatedServer b;

  @BeforeEach
  void start() {
    folder = new AdapterFolder(directory);
    a = gateways.simulator("base");
    b = gateways.simulator("base");
  }

  private static AdapterSettings declaring(AdapterSpec... specs) {
    return new AdapterSettings(
        null,
        List.of(specs),
        null,
        null,
        PlacementSettings.DEFAULT,
        new AdapterSettings.Loading(2, 1000, Duration.ofSeconds(2), Duration.ofSeconds(5), 0),
        AdapterSettings.Demand.DEFAULTS);
  }

  private Setup setup(AdapterSpec... specs) {
    return Setup.of(a.address(), b.address()).askOften().adapters(declaring(specs));
  }

  private static AdapterStatus status(Gateway gateway, String adapter) {
    return Objects.requireNonNull(gateway.adapters().statuses().get(adapter));
  }

  private static void awaitPhase(Gateway gateway, String adapter, AdapterPhase phase) {
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(gateway.adapters().statuses().get(adapter))
                    .satisfies(now -> assertThat(now).isNotNull())
                    .extracting(AdapterStatus::phase)
                    .isEqualTo(phase));
  }

  private Gateway ready(AdapterSpec... specs) {
    Gateway gateway = gateways.start(setup(specs));
    for (AdapterSpec spec : specs) {
      awaitPhase(gateway, spec.name(), AdapterPhase.READY);
    }
    return gateway;
  }

  private List<SimRequest> seen(String path) {
    List<SimRequest> seen = new ArrayList<>(a.requests());
    seen.addAll(b.requests());
    return seen.stream().filter(request -> request.path().equals(path)).toList();
  }

  private SimulatedServer holder(Gateway gateway, String adapter) {
    String address = status(gateway, adapter).copies().getFirst().address();
    return address.equals(a.address()) ? a : b;
  }

  @Test
  void declaredAdapter_isLoadedAndServed_underItsName() {
    folder.write("acme/law", 1);

    Gateway gateway = ready(folder.spec("acme/law", "1"));
    assertThat(GatewayExtension.admin(gateway, "/metrics").text())
        .contains("lora_gateway_adapters_leader 1");
    WireResponse answer = gateways.chat(gateway, "acme/law");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text())
        .contains("\"model\":\"acme/law\"")
        .doesNotContain("\"model\":\"acme/law@");
    String internal = ServedNames.internal("acme/law", status(gateway, "acme/law").revision());
    assertThat(seen(LOAD)).extracting(SimRequest::model).containsExactly(internal);
    assertThat(seen("/v1/chat/completions"))
        .extracting(SimRequest::model)
        .containsExactly(internal);
    assertThat(gateways.ask(gateway, Requests.get("/v1/models")).text())
        .contains("\"acme/law\"")
        .doesNotContain("@");
    assertThat(gateways.chat(gateway, internal).status()).isEqualTo(404);
  }

  @Test
  void copies_areOnAsManyEndpointsAsDeclared() {
    folder.write("one", 1);
    folder.write("both", 1);

    Gateway gateway = ready(folder.spec("one", "1"), folder.spec("both", "all"));

    assertThat(status(gateway, "one").copies()).hasSize(1);
    assertThat(status(gateway, "both").copies()).hasSize(2);
    assertThat(seen(LOAD)).hasSize(3);
  }

  @Test
  void requestsBeforeTheLoad_waitForIt() {
    folder.write("law", 1);
    a.faults().everywhere(true);
    b.faults().everywhere(true);
    Gateway gateway = gateways.start(Setup.of(a.address(), b.address()));
    a.faults().on(SimFault.SLOW, 300, 1);
    b.faults().on(SimFault.SLOW, 300, 1);

    gateway.reload(setup(folder.spec("law", "1")).build());
    await().atMost(SOON).until(() -> gateway.adapters().statuses().containsKey("law"));
    List<CompletableFuture<WireResponse>> answers = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      answers.add(CompletableFuture.supplyAsync(() -> gateways.chat(gateway, "law")));
    }

    assertThat(answers).allSatisfy(one -> assertThat(one.join().status()).isEqualTo(200));
    assertThat(seen(LOAD)).hasSize(1);
  }

  @Test
  void changedFiles_areServedFromThenOn_andTheOldOnesAreUnloaded() {
    folder.write("law", 1);
    Gateway gateway = ready(folder.spec("law", "2"));
    String before = status(gateway, "law").revision();

    folder.write("law", 2);
    gateway.reload(setup(folder.spec("law", "2")).build());
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              assertThat(gateways.chat(gateway, "law").status()).isEqualTo(200);
              assertThat(status(gateway, "law").serving()).isNotEmpty().isNotEqualTo(before);
              assertThat(seen(UNLOAD)).hasSize(2);
            });

    String after = status(gateway, "law").revision();
    assertThat(seen(UNLOAD))
        .extracting(SimRequest::model)
        .containsOnly(ServedNames.internal("law", before));
    gateways.chat(gateway, "law");
    assertThat(seen("/v1/chat/completions").getLast().model()).endsWith(after);
  }

  @Test
  void removedAdapter_isUnloadedAndUnknown() {
    folder.write("law", 1);
    folder.write("tax", 1);
    Gateway gateway = ready(folder.spec("law", "all"), folder.spec("tax", "1"));

    gateway.reload(setup(folder.spec("tax", "1")).build());
    await().atMost(SOON).untilAsserted(() -> assertThat(seen(UNLOAD)).hasSize(2));

    assertThat(gateways.chat(gateway, "law").status()).isEqualTo(404);
    assertThat(gateways.chat(gateway, "tax").status()).isEqualTo(200);
    assertThat(gateway.adapters().statuses()).containsOnlyKeys("tax");
  }

  /** Servers that take so long for each token, rather than none. */
  private void takesItsTime(Duration token) {
    a = gateways.simulator(SimSettings.of("base").withTokenTime(token));
    b = gateways.simulator(SimSettings.of("base").withTokenTime(token));
  }

  /**
   * Keeps the one place of the endpoint that has the adapter, and has another request wait for it.
   */
  private WireClient waitsBehindAnother(Gateway gateway, String adapter) {
    gateways.client(gateway).send(Requests.stream(adapter, 4000));
    await().atMost(SOON).until(() -> GatewayExtension.inFlight(gateway) == 1);
    WireClient waits = gateways.client(gateway).send(Requests.chat(adapter));
    await()
        .atMost(SOON)
        .until(() -> GatewayExtension.state(gateway).at("/pools/0/queued").asInt() == 1);
    return waits;
  }

  @Test
  void removedAdapter_whoWaitsForIt_learnsThatItIsUnknown() {
    folder.write("law", 1);
    takesItsTime(Duration.ofMillis(20));
    Gateway gateway = gateways.start(setup(folder.spec("law", "1")).maxInFlight(1));
    awaitPhase(gateway, "law", AdapterPhase.READY);
    WireClient waits = waitsBehindAnother(gateway, "law");

    gateway.reload(setup().maxInFlight(1).build());

    assertThat(waits.read().status()).isEqualTo(404);
  }

  @Test
  void changedFiles_whoWaitsForTheOldOnes_isServedByTheNewOnes() {
    folder.write("law", 1);
    takesItsTime(Duration.ofMillis(20));
    Gateway gateway = gateways.start(setup(folder.spec("law", "1")).maxInFlight(1));
    awaitPhase(gateway, "law", AdapterPhase.READY);
    String before = status(gateway, "law").serving();
    WireClient waits = waitsBehindAnother(gateway, "law");

    folder.write("law", 2);
    gateway.reload(setup(folder.spec("law", "1")).maxInFlight(1).build());
    await().atMost(SOON).until(() -> !status(gateway, "law").serving().equals(before));
    gateway.reload(setup(folder.spec("law", "1")).build());

    assertThat(waits.read().status()).isEqualTo(200);
    assertThat(seen("/v1/chat/completions"))
        .extracting(SimRequest::model)
        .containsExactlyInAnyOrder(
            ServedNames.internal("law", before),
            ServedNames.internal("law", status(gateway, "law").serving()));
  }

  @Test
  void killedEndpoint_itsAdaptersAreLoadedElsewhere_andRequestsWaitForThat() {
    for (int i = 0; i < 6; i++) {
      folder.write("lora-" + i, i);
    }
    AdapterSpec[] specs = new AdapterSpec[6];
    for (int i = 0; i < 6; i++) {
      specs[i] = folder.spec("lora-" + i, "1");
    }
    Gateway gateway = ready(specs);
    SimulatedServer killed = holder(gateway, "lora-0");

    killed.close();

    for (int i = 0; i < 6; i++) {
      assertThat(gateways.chat(gateway, "lora-" + i).status()).isEqualTo(200);
    }
    for (int i = 0; i < 6; i++) {
      awaitPhase(gateway, "lora-" + i, AdapterPhase.READY);
    }
  }

  @Test
  void restartedEndpoint_getsItsAdaptersBack() {
    folder.write("law", 1);
    Gateway gateway = ready(folder.spec("law", "all"));

    a.faults().restart();
    await().atMost(SOON).untilAsserted(() -> assertThat(seen(LOAD)).hasSize(3));

    awaitPhase(gateway, "law", AdapterPhase.READY);
    assertThat(gateways.chat(gateway, "law").status()).isEqualTo(200);
  }

  private long seenToAnswer() {
    return seen("/v1/completions").size();
  }

  @Test
  void endpointThatWasAwayForAWhile_hasWhatItHad() {
    folder.write("law", 1);
    Gateway gateway = ready(folder.spec("law", "all"));
    long before = seenToAnswer();

    a.faults().on(SimFault.REFUSE);
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(status(gateway, "law").copies()).hasSize(1));
    a.faults().off(SimFault.REFUSE);
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(status(gateway, "law").ready()).isEqualTo(2));

    assertThat(seen(LOAD)).hasSize(2);
    assertThat(seenToAnswer()).isEqualTo(before);
  }

  @Test
  void endpointsWithAnotherApiKey_haveWhatTheyHad() {
    folder.write("law", 1);
    Gateway gateway = ready(folder.spec("law", "all"));
    long before = seenToAnswer();

    gateway.reload(setup(folder.spec("law", "all")).apiKey("another").build());
    assertThat(gateways.chat(gateway, "law").status()).isEqualTo(200);

    assertThat(seen("/v1/chat/completions").getLast().headers().get("authorization"))
        .isEqualTo("Bearer another");
    assertThat(seenToAnswer()).isEqualTo(before);
  }

  @Test
  void adapterThatTheEngineLost_isLoadedAgain_andNoRequestFails() {
    folder.write("law", 1);
    Gateway gateway = ready(folder.spec("law", "1"));
    SimulatedServer server = holder(gateway, "law");
    String internal = ServedNames.internal("law", status(gateway, "law").revision());

    for (int i = 0; i < 5; i++) {
      server.faults().loseAdapter(internal);
      assertThat(gateways.chat(gateway, "law").status()).isEqualTo(200);
    }

    assertThat(seen(LOAD)).hasSizeGreaterThanOrEqualTo(2);
  }

  @Test
  void unusedAdapter_isNotLoadedBeforeItsFirstRequest() {
    folder.write("law", 1);
    Gateway gateway = gateways.start(setup(folder.spec("law", "0-2")));
    awaitPhase(gateway, "law", AdapterPhase.ARCHIVED);
    assertThat(seen(LOAD)).isEmpty();
    assertThat(gateways.ask(gateway, Requests.get("/v1/models")).text()).contains("\"law\"");

    assertThat(gateways.chat(gateway, "law").status()).isEqualTo(200);

    assertThat(seen(LOAD)).hasSize(1);
    awaitPhase(gateway, "law", AdapterPhase.READY);
  }

  /** The load takes longer than an adapter may be idle. */
  @Test
  void adapterThatARequestWaitsFor_isNotArchived() {
    folder.write("law", 1);
    takesItsTime(Duration.ofMillis(1500));
    AdapterSettings patient = declaring(folder.spec("law", "0-1"));
    AdapterSettings impatient =
        new AdapterSettings(
            null,
            patient.list(),
            null,
            null,
            patient.placement(),
            AdapterSettings.Loading.DEFAULTS,
            new AdapterSettings.Demand(16, Duration.ofMinutes(5), Duration.ofMillis(1)));
    Gateway gateway =
        gateways.start(Setup.of(a.address(), b.address()).askOften().adapters(impatient));
    awaitPhase(gateway, "law", AdapterPhase.ARCHIVED);

    assertThat(gateways.ask(gateway, Requests.chat("law", 1)).status()).isEqualTo(200);
  }

  @Test
  void adapterThatWasLoadedButDoesNotAnswer_isNotServed_beforeItDoes() {
    folder.write("law", 1);
    a.faults().on(SimFault.STATUS_500);
    b.faults().on(SimFault.STATUS_500);
    Gateway gateway = gateways.start(setup(folder.spec("law", "1")));

    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(status(gateway, "law").copies())
                    .anyMatch(copy -> copy.attempts() > 0 && !copy.message().isEmpty()));
    assertThat(seen(LOAD)).isNotEmpty();
    assertThat(status(gateway, "law").ready()).isZero();

    a.faults().clear();
    b.faults().clear();
    awaitPhase(gateway, "law", AdapterPhase.READY);
    assertThat(gateways.chat(gateway, "law").status()).isEqualTo(200);
  }

  /** The other server is known long before. */
  @Test
  void startedAgain_nothingIsLoaded_beforeTheServerThatHasItWasAsked() throws Exception {
    folder.write("law", 1);
    Gateway first = ready(folder.spec("law", "1"));
    SimulatedServer holder = holder(first, "law");
    first.close();
    holder.faults().everywhere(true);
    holder.faults().on(SimFault.SLOW, 700);

    Gateway second = gateways.launch(setup(folder.spec("law", "1")));

    awaitPhase(second, "law", AdapterPhase.READY);
    assertThat(seen(LOAD)).hasSize(1);
  }

  @Test
  void filesThatNobodyCanServe_areRefusedWithoutATry() {
    folder.write("law", 1, 4);
    Gateway gateway = gateways.start(setup(folder.spec("law", "1")));

    awaitPhase(gateway, "law", AdapterPhase.REFUSED);

    assertThat(status(gateway, "law").message()).contains("expected: a rank of at most 4");
    assertThat(seen(LOAD)).isEmpty();
    assertThat(gateways.chat(gateway, "law").status()).isEqualTo(404);
  }

  @Test
  void badFilesInThePlaceOfGoodOnes_leaveTheGoodOnesServed() {
    folder.write("law", 1);
    Gateway gateway = ready(folder.spec("law", "1"));

    folder.write("law", 2, 4);
    gateway.reload(setup(folder.spec("law", "1")).build());

    awaitPhase(gateway, "law", AdapterPhase.DEGRADED);
    assertThat(gateways.chat(gateway, "law").status()).isEqualTo(200);
    assertThat(seen(UNLOAD)).isEmpty();
  }

  @Test
  void aliasOfTwoAdapters_sharesTheRequestsByWeight() {
    folder.write("v1", 1);
    folder.write("v2", 2);
    Gateway gateway =
        ready(
            folder.spec("v1", "1", new AliasShare("support", 90)),
            folder.spec("v2", "1", new AliasShare("support", 10)));

    Map<String, Integer> counts = new HashMap<>();
    for (int i = 0; i < 200; i++) {
      WireResponse answer = gateways.chat(gateway, "support");
      assertThat(answer.text()).contains("\"model\":\"support\"");
    }
    seen("/v1/chat/completions")
        .forEach(
            request ->
                counts.merge(
                    Objects.requireNonNull(ServedNames.adapter(request.model())), 1, Integer::sum));

    assertThat(counts.get("v1")).isBetween(150, 198);
    assertThat(counts.get("v1") + counts.get("v2")).isEqualTo(200);
  }

  @Test
  void startedAgain_gatewayTakesOverWhatIsLoaded() throws Exception {
    folder.write("law", 1);
    folder.write("old", 1);
    Gateway first = ready(folder.spec("law", "1"), folder.spec("old", "1"));
    first.close();

    Gateway second = ready(folder.spec("law", "1"));

    assertThat(seen(LOAD)).hasSize(2);
    assertThat(gateways.chat(second, "law").status()).isEqualTo(200);
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(seen(UNLOAD))
                    .singleElement()
                    .extracting(SimRequest::model)
                    .asString()
                    .startsWith("old@"));
  }

  @Test
  void adapterNamedLikeTheBaseModel_isRefused_andTheBaseModelIsServed() {
    folder.write("base", 1);
    folder.write("law", 1);
    Gateway gateway =
        gateways.start(
            setup(folder.spec("base", "1"), folder.spec("law", "1", new AliasShare("base", 1))));

    awaitPhase(gateway, "base", AdapterPhase.REFUSED);
    awaitPhase(gateway, "law", AdapterPhase.READY);

    assertThat(status(gateway, "base").message()).contains("is the base model of pool");
    assertThat(gateways.chat(gateway, "base").status()).isEqualTo(200);
    assertThat(seen("/v1/chat/completions"))
        .singleElement()
        .extracting(SimRequest::model)
        .isEqualTo("base");
  }

  @Test
  void unusedAdapter_withoutAQueue_isLoadedByTheFirstRequest() {
    folder.write("law", 1);
    Gateway gateway = gateways.start(setup(folder.spec("law", "0-2")).noQueue());
    awaitPhase(gateway, "law", AdapterPhase.ARCHIVED);

    assertThat(gateways.chat(gateway, "law").status()).isEqualTo(503);

    awaitPhase(gateway, "law", AdapterPhase.READY);
    assertThat(gateways.chat(gateway, "law").status()).isEqualTo(200);
  }

  @Test
  void hangingEndpoint_holdsUpNobodyElse() {
    AdapterSpec[] specs = new AdapterSpec[8];
    for (int i = 0; i < 8; i++) {
      folder.write("lora-" + i, i);
      specs[i] = folder.spec("lora-" + i, "1");
    }
    Gateway gateway = gateways.start(Setup.of(a.address(), b.address()));
    b.faults().everywhere(true);
    b.faults().on(SimFault.HANG);

    gateway.reload(setup(specs).build());

    for (int i = 0; i < 8; i++) {
      awaitPhase(gateway, "lora-" + i, AdapterPhase.READY);
      assertThat(gateways.chat(gateway, "lora-" + i).endpoint()).isEqualTo(a.address());
    }
  }
}
