package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.SOON;
import static dev.loragateway.server.GatewayExtension.admin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import com.fasterxml.jackson.databind.JsonNode;
import dev.loragateway.sim.SimFault;
import dev.loragateway.sim.SimSettings;
import dev.loragateway.sim.SimulatedServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What operators see. */
final class AdminTest {
  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private static List<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  @Test
  void health_isOkAlsoWithoutAnyEndpoint() throws IOException {
    ServerSocket silent =
        gateways.closing(new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1")));
    Gateway gateway = gateways.launch(Setup.of("127.0.0.1:" + silent.getLocalPort()));

    assertThat(admin(gateway, "/healthz").status()).isEqualTo(200);
    assertThat(admin(gateway, "/readyz").status()).isEqualTo(503);
  }

  @Test
  void ready_onceThePoolWasScraped() {
    SimulatedServer server = gateways.simulator("base");
    Gateway gateway = gateways.start(Setup.of(server.address()));

    assertThat(admin(gateway, "/readyz").status()).isEqualTo(200);
    assertThat(gateways.ask(gateway, Requests.get("/health")).status()).isEqualTo(200);
  }

  @Test
  void state_hasTheShapeOfTheContract() {
    SimulatedServer server =
        gateways.simulator(SimSettings.of("base", "x", "y").withMaxLoras(3).withTimeScale(0));
    Gateway gateway = gateways.start(Setup.of(server.address()));
    gateways.chat(gateway, "x");
    await()
        .atMost(SOON)
        .until(
            () ->
                GatewayExtension.endpoint(gateway, server.address()).path("adapterSlots").asInt()
                    == 3);

    JsonNode pool = GatewayExtension.state(gateway).path("pools").path(0);
    JsonNode endpoint = pool.path("endpoints").path(0);
    JsonNode adapter = endpoint.path("adapters").path(0);

    assertThat(names(pool)).contains("name", "baseModel", "queued", "endpoints", "queues");
    assertThat(names(endpoint))
        .contains(
            "address",
            "health",
            "running",
            "waiting",
            "kvCache",
            "inFlight",
            "scrapedAgoMs",
            "adapterSlots",
            "swapQueue",
            "adapters");
    assertThat(names(adapter)).contains("name", "residency", "source", "inFlight", "lastUsedMs");
    assertThat(endpoint.path("address").asText()).isEqualTo(server.address());
    assertThat(endpoint.path("health").asText()).isEqualTo("up");
    assertThat(adapter.path("name").asText()).isEqualTo("x");
    assertThat(adapter.path("residency").asText()).isEqualTo("gpu");
    assertThat(adapter.path("source").asText()).isEqualTo("estimated");
    assertThat(adapter.path("lastUsedMs").isNumber()).isTrue();
  }

  @Test
  void state_unknownValues_areNull() throws IOException {
    ServerSocket silent =
        gateways.closing(new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1")));
    Gateway gateway = gateways.launch(Setup.of("127.0.0.1:" + silent.getLocalPort()));

    JsonNode endpoint = GatewayExtension.endpoint(gateway, "127.0.0.1:" + silent.getLocalPort());

    for (String name : new String[] {"running", "waiting", "kvCache", "scrapedAgoMs"}) {
      assertThat(endpoint.get(name).isNull()).as(name).isTrue();
    }
  }

  @Test
  void state_endpointGoesDownAndComesBack() {
    SimulatedServer server = gateways.simulator("base");
    Gateway gateway = gateways.start(Setup.of(server.address()));

    server.faults().on(SimFault.REFUSE);
    gateways.chat(gateway, "base");
    await().atMost(SOON).until(() -> health(gateway, server).equals("down"));
    server.faults().clear();

    await().atMost(SOON).until(() -> health(gateway, server).equals("up"));
    assertThat(gateways.chat(gateway, "base").status()).isEqualTo(200);
  }

  private static String health(Gateway gateway, SimulatedServer server) {
    return GatewayExtension.endpoint(gateway, server.address()).path("health").asText();
  }

  @Test
  void metrics_haveTheNamesOfTheContract() {
    SimulatedServer a =
        gateways.simulator(SimSettings.of("base", "x", "y", "z").withMaxLoras(1).withTimeScale(0));
    SimulatedServer b = gateways.simulator("base", "z");
    Gateway gateway = gateways.start(Setup.of(a.address(), b.address()));
    for (int i = 0; i < 2; i++) {
      gateways.chat(gateway, "x");
      gateways.chat(gateway, "x");
      gateways.chat(gateway, "y");
    }
    gateways.chat(gateway, "nobody");
    a.faults().on(SimFault.RESET_BEFORE_RESPONSE);
    b.faults().on(SimFault.RESET_BEFORE_RESPONSE);
    gateways.chat(gateway, "z");

    String page = admin(gateway, "/metrics").text();

    for (String name :
        new String[] {
          "requests_total{",
          "request_seconds_bucket{",
          "time_to_first_token_seconds_bucket{",
          "overhead_seconds_bucket{",
          "picks_total{",
          "adapter_hits_total{",
          "adapter_misses_total{",
          "adapter_swaps_total{",
          "adapter_evictions_total{",
          "adapters_resident{",
          "endpoint_up{",
          "scrape_seconds_bucket{",
          "retries_total{",
          "requests_in_flight{",
          "tokens_total{",
          "rejections_total{"
        }) {
      assertThat(page).contains("lora_gateway_" + name);
    }
    assertThat(page)
        .contains("adapter=\"other\",code=\"404\",pool=\"other\"")
        .contains("lora_gateway_rejections_total{reason=\"model_not_found\"} 1.0");
  }

  @Test
  void metrics_clientThatLeft_isCountedAs499() {
    SimulatedServer server = gateways.simulator("base");
    server.faults().on(SimFault.STALL);
    Gateway gateway = gateways.start(Setup.of(server.address()));
    WireClient client = gateways.client(gateway).send(Requests.chat("base"));
    await().atMost(SOON).until(() -> GatewayExtension.inFlight(gateway) == 1);

    client.close();

    await().atMost(SOON).until(() -> admin(gateway, "/metrics").text().contains("code=\"499\""));
  }

  @Test
  void metrics_haveTheDesiredEndpoints_onceThePoolWasAsked() throws IOException {
    ServerSocket silent =
        gateways.closing(new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1")));
    SimulatedServer server = gateways.simulator("base");
    Gateway gateway =
        gateways.launch(
            Setup.of(server.address())
                .pool("unasked", "other", "127.0.0.1:" + silent.getLocalPort()));
    String name = "lora_gateway_desired_endpoints";

    await()
        .atMost(SOON)
        .until(() -> admin(gateway, "/metrics").text().contains(name + "{pool=\"pool\"} 1"));

    assertThat(admin(gateway, "/metrics").text()).doesNotContain(name + "{pool=\"unasked\"}");
  }

  private static String bearer(String token) {
    return "Authorization: Bearer " + token;
  }

  private static void expectPlain(Gateway gateway) {
    for (String path : new String[] {"/healthz", "/readyz", "/metrics", "/"}) {
      assertThat(admin(gateway, path, "Host: example.com").status()).as(path).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void state_withAToken_isForThoseWhoKnowIt(boolean everywhere) {
    SimulatedServer server = gateways.simulator("base");
    Setup setup = Setup.of(server.address()).adminToken("s3cret");
    Gateway gateway = gateways.launch(everywhere ? setup.adminEverywhere() : setup);
    await().atMost(SOON).until(gateway::ready);

    for (String wrong :
        new String[] {
          "Host: 127.0.0.1",
          bearer(""),
          bearer("s3cre"),
          bearer("s3crets"),
          "Authorization: Basic s3cret",
          "x-api-key: s3cret"
        }) {
      WireResponse refused = admin(gateway, "/api/state", wrong);
      assertThat(refused.status()).as(wrong).isEqualTo(401);
      assertThat(refused.header("www-authenticate")).isEqualTo("Bearer");
      assertThat(refused.text()).contains("Authorization: Bearer TOKEN").doesNotContain("s3cret");
    }
    for (String right : new String[] {bearer("s3cret"), "authorization: bearer  s3cret"}) {
      assertThat(admin(gateway, "/api/state", right, "Host: example.com").json().has("pools"))
          .isTrue();
    }
    expectPlain(gateway);
  }

  @Test
  void token_ofAnotherConfiguration_countsAtOnce() {
    SimulatedServer server = gateways.simulator("base");
    Gateway gateway = gateways.launch(Setup.of(server.address()).adminToken("first"));
    assertThat(admin(gateway, "/api/state", bearer("first")).status()).isEqualTo(200);

    gateway.reload(Setup.of(server.address()).adminToken("second").build());

    assertThat(admin(gateway, "/api/state", bearer("first")).status()).isEqualTo(401);
    assertThat(admin(gateway, "/api/state", bearer("second")).status()).isEqualTo(200);
  }

  @Test
  void state_openToOthersWithoutAToken_isShownToNobody() {
    SimulatedServer server = gateways.simulator("base");
    try (CapturedLog log = CapturedLog.of(AdminServer.class, Level.INFO)) {
      Gateway gateway = gateways.launch(Setup.of(server.address()).adminEverywhere());
      await().atMost(SOON).until(gateway::ready);

      for (String header : new String[] {"Host: 127.0.0.1", bearer("x")}) {
        WireResponse refused = admin(gateway, "/api/state", header);
        assertThat(refused.status()).isEqualTo(403);
        assertThat(refused.text()).contains("admin.token", "admin.tokenFile");
      }
      expectPlain(gateway);
      assertThat(log.events())
          .singleElement()
          .satisfies(
              event -> {
                assertThat(event.getLevel()).isEqualTo(Level.WARN);
                assertThat(event.getFormattedMessage()).contains("admin.token", "403");
              });
    }
  }

  @Test
  void state_underANameOfSomebodyElse_isRefused() {
    SimulatedServer server = gateways.simulator("base");
    Gateway gateway = gateways.start(Setup.of(server.address()));
    String port = ":" + gateway.adminPort();

    for (String host :
        new String[] {"localhost", "LOCALHOST" + port, "127.0.0.1", "[::1]" + port}) {
      assertThat(admin(gateway, "/api/state", "Host: " + host).status()).as(host).isEqualTo(200);
    }
    for (String host :
        new String[] {
          "example.com",
          "example.com" + port,
          "localhost.example.com",
          "127.0.0.1.example.com",
          "10.0.0.1",
          "",
          "localhost\r\nHost: example.com"
        }) {
      assertThat(admin(gateway, "/api/state", "Host: " + host).status()).as(host).isEqualTo(421);
    }
    expectPlain(gateway);
  }

  @Test
  void otherPages_are404() {
    SimulatedServer server = gateways.simulator("base");
    Gateway gateway = gateways.start(Setup.of(server.address()));

    assertThat(admin(gateway, "/").status()).isEqualTo(200);
    assertThat(admin(gateway, "/nope").status()).isEqualTo(404);
    assertThat(admin(gateway, "/metrics/x").status()).isEqualTo(404);
    assertThat(admin(gateway, "/v1/models").status()).isEqualTo(404);
  }
}
