package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.loragateway.registry.AliasTarget;
import dev.loragateway.registry.RoutingPolicy;
import dev.loragateway.sim.SimFault;
import dev.loragateway.sim.SimRequest;
import dev.loragateway.sim.SimSettings;
import dev.loragateway.sim.SimulatedServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Where requests go, as the servers saw it. */
final class RoutingTest {
  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private static List<SimRequest> inference(SimulatedServer server) {
    return server.requests().stream().filter(seen -> seen.model() != null).toList();
  }

  private static long modelLists(SimulatedServer server) {
    return server.requests().stream().filter(seen -> seen.path().equals("/v1/models")).count();
  }

  private static boolean resident(Gateway gateway, SimulatedServer server, String adapter) {
    for (JsonNode held : GatewayExtension.endpoint(gateway, server.address()).path("adapters")) {
      if (held.path("name").asText().equals(adapter)) {
        return held.path("residency").asText().equals("gpu");
      }
    }
    return false;
  }

  private List<String> endpoints(Gateway gateway, String model, int requests) {
    List<String> endpoints = new ArrayList<>();
    for (int i = 0; i < requests; i++) {
      WireResponse answer = gateways.chat(gateway, model);
      assertThat(answer.status()).isEqualTo(200);
      endpoints.add(answer.endpoint());
    }
    return endpoints;
  }

  @ParameterizedTest
  @EnumSource(names = {"LORA_AWARE", "TIERED"})
  void residentAdapter_itsRequestsGoWhereItIs(RoutingPolicy policy) {
    SimulatedServer a =
        gateways.simulator(SimSettings.of("base", "x", "y").withMaxLoras(1).withTimeScale(0));
    SimulatedServer b =
        gateways.simulator(SimSettings.of("base", "x", "y").withMaxLoras(1).withTimeScale(0));
    Gateway gateway = gateways.start(Setup.of(a.address(), b.address()).policy(policy));
    String home = gateways.chat(gateway, "x").endpoint();

    for (int i = 0; i < 10; i++) {
      WireResponse answer = gateways.chat(gateway, "x");
      assertThat(answer.endpoint()).isEqualTo(home);
      assertThat(answer.header("x-gateway-tier")).isEqualTo("resident");
    }
    SimulatedServer server = home.equals(a.address()) ? a : b;
    assertThat(server.gpu()).containsExactly("x");
    assertThat(inference(server)).hasSize(11);
    assertThat(inference(server).subList(1, 11)).allMatch(SimRequest::resident);
  }

  @ParameterizedTest
  @EnumSource(names = {"LORA_AWARE", "TIERED"})
  void alternatingAdapters_onTwoServers_settleWithoutSwaps(RoutingPolicy policy) {
    SimSettings one = SimSettings.of("base", "x", "y").withMaxLoras(1).withTimeScale(0);
    SimulatedServer a = gateways.simulator(one);
    SimulatedServer b = gateways.simulator(one);
    Gateway gateway = gateways.start(Setup.of(a.address(), b.address()).policy(policy));

    Set<String> ofX = new HashSet<>();
    Set<String> ofY = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      ofX.add(gateways.chat(gateway, "x").endpoint());
      ofY.add(gateways.chat(gateway, "y").endpoint());
      if (i == 1) {
        ofX.clear();
        ofY.clear();
      }
    }

    assertThat(ofX).hasSize(1);
    assertThat(ofY).hasSize(1).isNotEqualTo(ofX);
    List<SimRequest> late = new ArrayList<>(inference(a));
    late.addAll(inference(b));
    assertThat(late.stream().filter(seen -> !seen.resident()).count()).isLessThanOrEqualTo(4);
  }

  @Test
  void baseModel_isServedWithoutAnAdapter() {
    SimulatedServer a = gateways.simulator("base", "x");
    Gateway gateway = gateways.start(Setup.of(a.address()));

    WireResponse answer = gateways.chat(gateway, "base");

    assertThat(answer.header("x-gateway-tier")).isEqualTo("base");
    assertThat(inference(a)).singleElement().matches(seen -> seen.level() == null);
  }

  @Test
  void roundRobin_takesTurns() {
    SimulatedServer a = gateways.simulator("base", "x");
    SimulatedServer b = gateways.simulator("base", "x");
    SimulatedServer c = gateways.simulator("base", "x");
    Gateway gateway =
        gateways.start(
            Setup.of(a.address(), b.address(), c.address()).policy(RoutingPolicy.ROUND_ROBIN));

    List<String> endpoints = endpoints(gateway, "x", 9);

    assertThat(endpoints.subList(0, 3)).doesNotHaveDuplicates();
    assertThat(endpoints.subList(3, 6)).isEqualTo(endpoints.subList(0, 3));
    assertThat(endpoints.subList(6, 9)).isEqualTo(endpoints.subList(0, 3));
  }

  @Test
  void hash_isAlwaysTheSamePerModel() {
    String[] adapters = {"a", "b", "c", "d", "e", "f", "g", "h"};
    SimulatedServer a = gateways.simulator("base", adapters);
    SimulatedServer b = gateways.simulator("base", adapters);
    Gateway gateway = gateways.start(Setup.of(a.address(), b.address()).policy(RoutingPolicy.HASH));

    Set<String> used = new HashSet<>();
    for (String adapter : adapters) {
      assertThat(Set.copyOf(endpoints(gateway, adapter, 3))).hasSize(1);
      used.addAll(endpoints(gateway, adapter, 1));
    }
    assertThat(used).isSubsetOf(a.address(), b.address());
  }

  @Test
  void random_usesEveryEndpoint() {
    SimulatedServer a = gateways.simulator("base", "x");
    SimulatedServer b = gateways.simulator("base", "x");
    Gateway gateway =
        gateways.start(Setup.of(a.address(), b.address()).policy(RoutingPolicy.RANDOM));

    assertThat(endpoints(gateway, "x", 40)).contains(a.address(), b.address());
  }

  @Test
  void leastRequest_avoidsTheBusyEndpoint() {
    SimulatedServer a = gateways.simulator(SimSettings.of("base", "x"));
    SimulatedServer b = gateways.simulator(SimSettings.of("base", "x"));
    a.faults().on(SimFault.STALL);
    b.faults().on(SimFault.STALL);
    Gateway gateway =
        gateways.start(Setup.of(a.address(), b.address()).policy(RoutingPolicy.LEAST_REQUEST));
    gateways.client(gateway).send(Requests.chat("x"));
    await().atMost(SOON).until(() -> GatewayExtension.inFlight(gateway) == 1);
    boolean busyA = GatewayExtension.endpoint(gateway, a.address()).path("inFlight").asInt() == 1;
    SimulatedServer free = busyA ? b : a;

    free.faults().clear();

    assertThat(endpoints(gateway, "x", 5)).containsOnly(free.address());
  }

  @Test
  void lostAdapter_requestGoesElsewhereUnseen() {
    SimulatedServer a = gateways.simulator("base", "x");
    SimulatedServer b = gateways.simulator("base", "x");
    Gateway gateway = gateways.start(Setup.of(a.address(), b.address()));
    String home = gateways.chat(gateway, "x").endpoint();
    SimulatedServer loser = home.equals(a.address()) ? a : b;
    loser.faults().loseAdapter("x");

    WireResponse first = gateways.chat(gateway, "x");

    assertThat(first.status()).isEqualTo(200);
    assertThat(first.endpoint()).isNotEqualTo(home);
    assertThat(first.header("x-gateway-attempts")).isEqualTo("2");
    await()
        .atMost(SOON)
        .until(() -> gateways.chat(gateway, "x").header("x-gateway-attempts").equals("1"));
  }

  @Test
  void baseModel_notKnownAtOneServer_isServedByTheOther() {
    SimulatedServer a = gateways.simulator("base");
    SimulatedServer b = gateways.simulator("renamed");
    Gateway gateway = gateways.start(Setup.of(a.address(), b.address()));

    for (int i = 0; i < 10; i++) {
      WireResponse answer = gateways.chat(gateway, "base");
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.endpoint()).isEqualTo(a.address());
    }
  }

  @Test
  void lostAdapter_nowhereElse_theServersAnswerPasses() {
    SimulatedServer a = gateways.simulator("base", "x");
    Gateway gateway = gateways.start(Setup.of(a.address()));
    a.faults().loseAdapter("x");

    WireResponse answer = gateways.chat(gateway, "x");

    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.json().at("/error/message").asText()).contains("`x`");
  }

  @Test
  void newAdapter_loadedOnOneServer_isRoutableAtOnce() {
    SimSettings settings = SimSettings.of("base").withLoadable("fresh").withTimeScale(0);
    SimulatedServer a = gateways.simulator(settings);
    SimulatedServer b = gateways.simulator(settings);
    Gateway gateway =
        gateways.start(Setup.of(a.address(), b.address()).modelsInterval(Duration.ofHours(1)));
    try (WireClient client = new WireClient(b.port())) {
      String load = "{\"lora_name\":\"fresh\",\"lora_path\":\"/adapters/fresh\"}";
      assertThat(client.send(Requests.post("/v1/load_lora_adapter", load)).read().status())
          .isEqualTo(200);
    }

    WireResponse first = gateways.chat(gateway, "fresh");

    assertThat(first.status()).isEqualTo(200);
    assertThat(first.endpoint()).isEqualTo(b.address());
  }

  @Test
  void unknownModel_is404AndTheServersAreAskedSeldom() {
    SimulatedServer a = gateways.simulator("base", "x");
    Gateway gateway = gateways.start(Setup.of(a.address()).modelsInterval(Duration.ofHours(1)));
    long before = modelLists(a);
    long start = System.nanoTime();

    for (int i = 0; i < 200; i++) {
      WireResponse answer = gateways.chat(gateway, "unknown-" + i % 20);
      assertThat(answer.status()).isEqualTo(404);
      assertThat(answer.errorCode()).isEqualTo("model_not_found");
    }

    long seconds = Duration.ofNanos(System.nanoTime() - start).toSeconds();
    assertThat(modelLists(a) - before).isLessThanOrEqualTo(5 * (seconds + 1) + 1);
    assertThat(inference(a)).isEmpty();
  }

  @Test
  void twoPools_eachModelGoesToItsOwn() {
    SimulatedServer a = gateways.simulator("llama", "x");
    SimulatedServer b = gateways.simulator("qwen", "y");
    Gateway gateway =
        gateways.start(Setup.of().pool("p1", "llama", a.address()).pool("p2", "qwen", b.address()));

    for (String model : new String[] {"llama", "x"}) {
      assertThat(gateways.chat(gateway, model).endpoint()).isEqualTo(a.address());
    }
    for (String model : new String[] {"qwen", "y"}) {
      assertThat(gateways.chat(gateway, model).endpoint()).isEqualTo(b.address());
    }
  }

  @Test
  void notScrapedYet_is503() throws IOException {
    ServerSocket silent =
        gateways.closing(new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1")));
    Gateway gateway = gateways.launch(Setup.of("127.0.0.1:" + silent.getLocalPort()));

    WireResponse answer = gateways.chat(gateway, "base");

    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.errorCode()).isEqualTo("no_endpoint_ready");
    assertThat(answer.header("retry-after")).isEqualTo("1");
  }

  @Test
  void resolver_unknownNameIsSentOn() {
    SimulatedServer a =
        gateways.simulator(
            SimSettings.of("base").withResolver(true).withLoadable("later").withTimeScale(0));
    Gateway gateway = gateways.start(Setup.of(a.address()).resolver());

    assertThat(gateways.chat(gateway, "later").status()).isEqualTo(200);
    assertThat(gateways.chat(gateway, "never").status()).isEqualTo(404);
  }

  @Test
  void maxInFlight_allTaken_is429() {
    SimulatedServer a = gateways.simulator(SimSettings.of("base", "x"));
    a.faults().on(SimFault.STALL);
    Gateway gateway = gateways.start(Setup.of(a.address()).maxInFlight(2).noQueue());
    for (int i = 0; i < 2; i++) {
      gateways.client(gateway).send(Requests.chat("x"));
    }
    await().atMost(SOON).until(() -> GatewayExtension.inFlight(gateway) == 2);

    WireResponse refused = gateways.chat(gateway, "x");

    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.errorCode()).isEqualTo("rate_limit_exceeded");
    assertThat(refused.header("retry-after")).isEqualTo("1");
    a.faults().clear();
    await().atMost(SOON).until(() -> gateways.chat(gateway, "x").status() == 200);
  }

  @Test
  void maxWaiting_serverReportsMore_is429() {
    SimulatedServer a = gateways.simulator(SimSettings.of("base", "x").withMaxNumSeqs(1));
    a.faults().on(SimFault.STALL);
    for (int i = 0; i < 5; i++) {
      gateways.closing(new WireClient(a.port())).send(Requests.chat("base"));
    }
    Gateway gateway = gateways.start(Setup.of(a.address()).maxWaiting(2).noQueue());
    await()
        .atMost(SOON)
        .until(() -> GatewayExtension.endpoint(gateway, a.address()).path("waiting").asInt() > 2);

    WireResponse refused = gateways.chat(gateway, "x");

    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.header("retry-after")).isEqualTo("1");
  }

  @Test
  void alias_isRewrittenBothWays() {
    String real = "acme/llama/support/v1";
    SimulatedServer a = gateways.simulator("base", real);
    Gateway gateway =
        gateways.start(Setup.of(a.address()).aliases(Map.of("support", real, "b", "base")));

    WireResponse whole = gateways.chat(gateway, "support");
    WireResponse stream = gateways.ask(gateway, Requests.stream("support", 3));

    assertThat(whole.json().path("model").asText()).isEqualTo("support");
    assertThat(stream.events()).hasSizeGreaterThan(3).endsWith("[DONE]");
    assertThat(stream.events().subList(0, stream.events().size() - 1))
        .allSatisfy(
            event ->
                assertThat(GatewayExtension.json(event).path("model").asText())
                    .isEqualTo("support"));
    assertThat(inference(a)).allMatch(seen -> real.equals(seen.model())).hasSize(2);
    assertThat(gateways.chat(gateway, "b").json().path("model").asText()).isEqualTo("b");
  }

  @Test
  void aliasOfSeveralModels_sharesTheRequestsByWeight() {
    SimulatedServer a = gateways.simulator("base", "v1", "v2");
    List<AliasTarget> targets =
        List.of(
            new AliasTarget("v1", 90), new AliasTarget("v2", 10), new AliasTarget("none", 1000));
    Gateway gateway = gateways.start(Setup.of(a.address()).shares(Map.of("support", targets)));

    for (int i = 0; i < 200; i++) {
      WireResponse answer = gateways.chat(gateway, "support");
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.json().path("model").asText()).isEqualTo("support");
    }

    assertThat(inference(a)).extracting(SimRequest::model).containsOnly("v1", "v2").hasSize(200);
    assertThat(inference(a).stream().filter(seen -> "v1".equals(seen.model())).count())
        .isBetween(150L, 198L);
  }

  @Test
  void response_followUps_goToItsMaker() {
    SimulatedServer[] servers = new SimulatedServer[3];
    String[] addresses = new String[servers.length];
    for (int i = 0; i < servers.length; i++) {
      servers[i] = gateways.simulator("base", "x");
      addresses[i] = servers[i].address();
    }
    Gateway gateway = gateways.start(Setup.of(addresses).policy(RoutingPolicy.ROUND_ROBIN));

    for (int i = 0; i < 4; i++) {
      WireResponse made =
          gateways.ask(
              gateway, Requests.post("/v1/responses", "{\"model\":\"x\",\"input\":\"Hi\"}"));
      String id = made.json().path("id").asText();
      WireResponse read = gateways.ask(gateway, Requests.get("/v1/responses/" + id));
      WireResponse next =
          gateways.ask(
              gateway,
              Requests.post(
                  "/v1/responses",
                  "{\"model\":\"x\",\"input\":\"More\",\"previous_response_id\":\"%s\"}"
                      .formatted(id)));

      assertThat(read.json().path("id").asText()).isEqualTo(id);
      assertThat(read.endpoint()).isEqualTo(made.endpoint());
      assertThat(next.endpoint()).isEqualTo(made.endpoint());
    }
  }

  @Test
  void response_unknown_is404() {
    SimulatedServer a = gateways.simulator("base");
    Gateway gateway = gateways.start(Setup.of(a.address()));

    WireResponse answer = gateways.ask(gateway, Requests.get("/v1/responses/resp_none"));

    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.errorCode()).isEqualTo("response_not_found");
  }

  @Test
  void servedRequest_makesTheAdapterResidentInTheState() {
    SimulatedServer a =
        gateways.simulator(SimSettings.of("base", "x", "y").withMaxLoras(1).withTimeScale(0));
    Gateway gateway = gateways.start(Setup.of(a.address()));

    gateways.chat(gateway, "x");

    assertThat(resident(gateway, a, "x")).isTrue();
    assertThat(resident(gateway, a, "y")).isFalse();
    assertThat(a.gpu()).containsExactly("x");
  }
}
