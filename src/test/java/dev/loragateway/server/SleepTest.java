package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.loragateway.adapters.AdapterPhase;
import dev.loragateway.adapters.AdapterSettings;
import dev.loragateway.adapters.AdapterSpec;
import dev.loragateway.adapters.AdapterStatus;
import dev.loragateway.adapters.CallResult;
import dev.loragateway.adapters.PlacementSettings;
import dev.loragateway.adapters.ServerCalls;
import dev.loragateway.model.Endpoint;
import dev.loragateway.sim.SimSettings;
import dev.loragateway.sim.SimulatedServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Pools whose engines are put to sleep and woken. */
final class SleepTest {
  private static final Duration AFTER = Duration.ofMillis(200);
  private static final Duration NEVER = Duration.ofHours(24);

  /** Not those of the common pool, on which the JDK's HTTP client works, too. */
  private static final Executor CLIENTS = Thread::startVirtualThread;

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private static SimulatedServer server(String... adapters) {
    return gateways.simulator(
        SimSettings.of("base", adapters).withTimeScale(0).withSleepMode(true));
  }

  private static long seen(SimulatedServer server, String path) {
    return server.requests().stream().filter(request -> request.path().equals(path)).count();
  }

  private static void awaitAsleep(SimulatedServer... servers) {
    await().atMost(SOON).until(() -> List.of(servers).stream().allMatch(SimulatedServer::asleep));
  }

  private static String health(Gateway gateway, SimulatedServer server) {
    return GatewayExtension.endpoint(gateway, server.address()).path("health").asText();
  }

  private static void awaitHealth(Gateway gateway, SimulatedServer server, String health) {
    await().atMost(SOON).until(() -> health(gateway, server).equals(health));
  }

  private static String metrics(Gateway gateway) {
    return GatewayExtension.admin(gateway, "/metrics").text();
  }

  /** What somebody else does to the server, whom the gateway hears nothing of. */
  private static void post(SimulatedServer server, String path) {
    try (WireClient client = new WireClient(server.port())) {
      assertThat(client.send(Requests.post(path, "")).read().status()).isEqualTo(200);
    }
  }

  @Test
  void unusedPool_sleeps_andTheFirstRequestWakesAllOfIt() {
    SimulatedServer a = server("x");
    SimulatedServer b = server("x");
    Gateway gateway = gateways.start(Setup.of(a.address(), b.address()).sleep(AFTER));

    awaitAsleep(a, b);
    awaitHealth(gateway, a, "asleep");
    assertThat(metrics(gateway))
        .contains("lora_gateway_endpoints_asleep{pool=\"pool\"} 2")
        .contains(
            "lora_gateway_endpoint_up{endpoint=\"%s\",pool=\"pool\"} 1".formatted(a.address()));
    WireResponse answer = gateways.chat(gateway, "x");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("x-gateway-tier")).isEqualTo("queue");
    await().atMost(SOON).until(() -> seen(a, "/wake_up") == 1 && seen(b, "/wake_up") == 1);
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(metrics(gateway))
                    .containsPattern("lora_gateway_sleeps_total\\{.*ok=\"true\".*} [1-9]")
                    .containsPattern(
                        "lora_gateway_wake_up_seconds_count\\{.*ok=\"true\".*} [1-9]"));
    awaitAsleep(a, b);
  }

  @Test
  void requestsAroundTheMomentOfSleep_areAllServed() {
    SimulatedServer a = server("x", "y");
    SimulatedServer b = server("x", "y");
    Gateway gateway =
        gateways.start(Setup.of(a.address(), b.address()).sleep(Duration.ofMillis(1)));
    List<CompletableFuture<WireResponse>> answers = new ArrayList<>();

    for (int round = 0; round < 30; round++) {
      long slept = seen(a, "/sleep") + seen(b, "/sleep");
      await()
          .pollInterval(Duration.ofMillis(1))
          .atMost(SOON)
          .until(() -> seen(a, "/sleep") + seen(b, "/sleep") > slept);
      for (String model : List.of("x", "y", "base")) {
        answers.add(CompletableFuture.supplyAsync(() -> gateways.chat(gateway, model), CLIENTS));
      }
      if (round % 2 == 0) {
        answers.forEach(CompletableFuture::join);
      }
    }

    assertThat(answers).allSatisfy(answer -> assertThat(answer.join().status()).isEqualTo(200));
    assertThat(GatewayExtension.inFlight(gateway)).isZero();
  }

  @Test
  void requestForAServerThatSomebodyJustPutToSleep_isServed() {
    SimulatedServer server = server("x");
    Gateway gateway = gateways.start(Setup.of(server.address()).sleep(NEVER));

    for (int round = 0; round < 10; round++) {
      post(server, "/sleep?level=1&mode=keep");
      assertThat(gateways.chat(gateway, "x").status()).isEqualTo(200);
      assertThat(server.asleep()).isFalse();
    }
  }

  @Test
  void serverThatCannotSleep_isAskedOnce_andServes() {
    SimulatedServer cannot = gateways.simulator("base", "x");
    SimulatedServer can =
        gateways.simulator(SimSettings.of("other").withSleepMode(true).withTimeScale(0));
    Gateway gateway =
        gateways.start(
            Setup.of(cannot.address())
                .sleep(AFTER)
                .pool("second", "other", can.address())
                .sleep(AFTER));

    for (int round = 0; round < 3; round++) {
      awaitAsleep(can);
      assertThat(gateways.chat(gateway, "other").status()).isEqualTo(200);
    }

    assertThat(seen(cannot, "/sleep")).isEqualTo(1);
    assertThat(health(gateway, cannot)).isEqualTo("up");
    assertThat(gateways.chat(gateway, "x").status()).isEqualTo(200);
    assertThat(metrics(gateway)).containsPattern("lora_gateway_sleeps_total\\{.*ok=\"false\".*} 1");
  }

  @Test
  void gatewayThatStarts_findsWhoSleeps_andWakesThemWhenAsked() {
    SimulatedServer server = server("x");
    post(server, "/sleep?level=1");
    Gateway gateway = gateways.launch(Setup.of(server.address()).sleep(NEVER));
    awaitHealth(gateway, server, "asleep");
    assertThat(gateway.ready()).isTrue();

    assertThat(gateways.ask(gateway, Requests.get("/v1/models")).text()).contains("\"x\"");
    assertThat(seen(server, "/wake_up")).isZero();
    assertThat(gateways.chat(gateway, "x").status()).isEqualTo(200);
    assertThat(server.asleep()).isFalse();
  }

  @Test
  void serverWithoutWeights_orOfAPoolThatDoesNotSleep_isLeftAsItIs() {
    SimulatedServer emptied = server("x");
    SimulatedServer others = gateways.simulator(SimSettings.of("other", "y").withSleepMode(true));
    Gateway gateway =
        gateways.start(
            Setup.of(emptied.address()).sleep(NEVER).pool("second", "other", others.address()));
    post(emptied, "/sleep?level=2");
    post(others, "/sleep?level=1");
    awaitHealth(gateway, emptied, "asleep");
    awaitHealth(gateway, others, "asleep");

    assertThat(gateways.chat(gateway, "x").status()).isEqualTo(503);
    assertThat(gateways.chat(gateway, "y").status()).isEqualTo(503);
    post(others, "/wake_up");
    awaitHealth(gateway, others, "up");
    assertThat(gateways.chat(gateway, "y").status()).isEqualTo(200);
    assertThat(seen(emptied, "/wake_up")).isZero();
    assertThat(seen(others, "/wake_up")).isEqualTo(1);
    assertThat(seen(emptied, "/v1/chat/completions")).isZero();
  }

  @Test
  void sleepIsTakenAway_whoWasPutToSleepIsWoken() {
    SimulatedServer server = server("x");
    Gateway gateway = gateways.start(Setup.of(server.address()).sleep(AFTER));
    awaitAsleep(server);

    gateway.reload(Setup.of(server.address()).build());

    awaitHealth(gateway, server, "up");
    assertThat(server.asleep()).isFalse();
  }

  @Test
  void withoutAQueue_theFirstRequestIsRefused_andWakesAllTheSame() {
    SimulatedServer server = server("x");
    Gateway gateway = gateways.start(Setup.of(server.address()).noQueue().sleep(NEVER));
    post(server, "/sleep?level=1");
    awaitHealth(gateway, server, "asleep");

    assertThat(gateways.chat(gateway, "x").status()).isEqualTo(503);
    awaitHealth(gateway, server, "up");
    assertThat(gateways.chat(gateway, "x").status()).isEqualTo(200);
  }

  @Test
  void engineThatIsPutToSleep_keepsWhatItHas() throws InterruptedException {
    SimulatedServer server =
        gateways.simulator(
            SimSettings.of("base", "x").withTokenTime(Duration.ofMillis(5)).withSleepMode(true));
    Endpoint endpoint = Endpoint.plain("pool", "127.0.0.1", server.port());
    try (ServerCalls calls =
            new ServerCalls(pool -> "vllm", () -> AdapterSettings.Loading.DEFAULTS, Set::of);
        WireClient client = new WireClient(server.port())) {
      client.send(Requests.stream("x", 100));
      await().atMost(SOON).until(() -> seen(server, "/v1/chat/completions") == 1);

      assertThat(calls.sleep(endpoint)).isEqualTo(new CallResult.Done());
      assertThat(server.asleep()).isTrue();
      assertThat(calls.wake(endpoint)).isEqualTo(new CallResult.Done());
      assertThat(client.read().text()).contains("[DONE]");
    }
  }

  @Test
  void controlPlane_leavesSleepersAlone_andKeepsWhatTheyHave(@TempDir Path directory) {
    AdapterFolder folder = new AdapterFolder(directory);
    folder.write("law", 1);
    folder.write("tax", 1);
    SimulatedServer server = server();
    Gateway gateway = gateways.start(declaring(server, NEVER, folder.spec("law", "1")));
    awaitPhase(gateway, "law", AdapterPhase.READY);
    post(server, "/sleep?level=1&mode=keep");
    awaitHealth(gateway, server, "asleep");
    long loads = seen(server, "/v1/load_lora_adapter");
    long asked = seen(server, "/v1/completions");

    AdapterSpec tax = folder.spec("tax", "1");
    gateway.reload(declaring(server, NEVER, folder.spec("law", "1"), tax).build());
    awaitPhase(gateway, "tax", AdapterPhase.LOADING);
    awaitPhase(gateway, "law", AdapterPhase.READY);

    assertThat(server.asleep()).isTrue();
    assertThat(seen(server, "/v1/load_lora_adapter")).isEqualTo(loads);
    assertThat(seen(server, "/v1/completions")).isEqualTo(asked);
    assertThat(gateways.chat(gateway, "tax").status()).isEqualTo(200);
    assertThat(gateways.chat(gateway, "law").status()).isEqualTo(200);
    assertThat(seen(server, "/v1/load_lora_adapter")).isEqualTo(loads + 1);
  }

  @Test
  void serverThatIsRestartedInItsSleep_getsItsAdaptersAgain(@TempDir Path directory) {
    AdapterFolder folder = new AdapterFolder(directory);
    folder.write("law", 1);
    SimulatedServer server = server();
    Gateway gateway = gateways.start(declaring(server, NEVER, folder.spec("law", "1")));
    awaitPhase(gateway, "law", AdapterPhase.READY);
    gateway.reload(declaring(server, AFTER, folder.spec("law", "1")).build());
    awaitAsleep(server);
    gateway.reload(declaring(server, NEVER, folder.spec("law", "1")).build());

    server.faults().restart();

    await().atMost(SOON).until(() -> seen(server, "/v1/load_lora_adapter") == 2);
    awaitHealth(gateway, server, "up");
    await().atMost(SOON).until(() -> gateways.chat(gateway, "law").status() == 200);
  }

  private static Setup declaring(SimulatedServer server, Duration after, AdapterSpec... specs) {
    AdapterSettings adapters =
        new AdapterSettings(
            null,
            List.of(specs),
            null,
            null,
            PlacementSettings.DEFAULT,
            new AdapterSettings.Loading(2, 1000, Duration.ofSeconds(2), Duration.ofSeconds(5), 0),
            AdapterSettings.Demand.DEFAULTS);
    return Setup.of(server.address()).askOften().sleep(after).adapters(adapters);
  }

  private static void awaitPhase(Gateway gateway, String adapter, AdapterPhase phase) {
    await()
        .atMost(SOON)
        .until(
            () -> {
              AdapterStatus status = gateway.adapters().statuses().get(adapter);
              return status != null && Objects.equals(status.phase(), phase);
            });
  }
}
