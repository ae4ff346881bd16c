package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.admin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.loragateway.adapters.AdapterPhase;
import dev.loragateway.adapters.AdapterSpec;
import dev.loragateway.adapters.AliasShare;
import dev.loragateway.registry.QueueSettings;
import dev.loragateway.registry.ServedNames;
import dev.loragateway.sim.SimFault;
import dev.loragateway.sim.SimRequest;
import dev.loragateway.sim.SimulatedServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The names by which servers know revisions, which nobody else should see. */
class HiddenNamesTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  @TempDir private Path directory;
  private AdapterFolder folder;

  @BeforeEach
  void start() {
    folder = new AdapterFolder(directory);
    folder.write("law", 1);
  }

  private Setup setup(String address) {
    AdapterSpec law = folder.spec("law", "1", new AliasShare("support"));
    return Setup.of(address).askOften().adapters(AdapterApiTest.settings(null, law));
  }

  private static Gateway ready(Setup setup) {
    Gateway gateway = gateways.start(setup);
    await()
        .atMost(SOON)
        .until(
            () ->
                gateway.adapters().statuses().containsKey("law")
                    && gateway.adapters().statuses().get("law").phase() == AdapterPhase.READY);
    return gateway;
  }

  private static String internal(Gateway gateway) {
    return ServedNames.internal(
        "law", Objects.requireNonNull(gateway.adapters().statuses().get("law")).revision());
  }

  @Test
  void state_hasThePublicName_andTheServersOwnBesides() {
    SimulatedServer server = gateways.simulator("base", "plain@1");
    Gateway gateway = ready(setup(server.address()));
    gateways.chat(gateway, "law");

    JsonNode adapters = GatewayExtension.endpoint(gateway, server.address()).path("adapters");

    assertThat(adapters).hasSize(2);
    assertThat(adapters.path(0).path("name").asText()).isEqualTo("law");
    assertThat(adapters.path(0).path("model").asText()).isEqualTo(internal(gateway));
    assertThat(adapters.path(1).path("name").asText()).isEqualTo("plain@1");
    assertThat(adapters.path(1).has("model")).isFalse();
  }

  @Test
  void state_hasThePublicName_ofWhatIsSwappedOrWaits() {
    SimulatedServer server = gateways.simulator("base");
    Gateway gateway = ready(setup(server.address()).maxInFlight(1));
    server.faults().on(SimFault.STALL);
    gateways.client(gateway).send(Requests.chat("law"));
    await().atMost(SOON).until(() -> GatewayExtension.inFlight(gateway) == 1);
    gateways.client(gateway).send(Requests.chat("support"));

    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              JsonNode pool = GatewayExtension.state(gateway).path("pools").path(0);
              assertThat(pool.path("queues")).hasSize(1);
              JsonNode queue = pool.path("queues").path(0);
              assertThat(queue.path("adapter").asText()).isEqualTo("law");
              assertThat(queue.path("model").asText()).isEqualTo(internal(gateway));
              assertThat(pool.path("endpoints").path(0).path("swapQueue").toString())
                  .doesNotContain("@");
            });
  }

  @Test
  void metrics_haveThePublicName() {
    SimulatedServer server = gateways.simulator("base");
    Gateway gateway = ready(setup(server.address()));
    gateways.chat(gateway, "law");
    gateways.chat(gateway, "support");

    assertThat(admin(gateway, "/metrics").text())
        .contains("requests_total{adapter=\"law\",code=\"200\",pool=\"pool\"} 2.0")
        .doesNotContain("@");
  }

  @Test
  void storedResponse_isReadUnderTheNameThatItWasMadeFor() {
    SimulatedServer server = gateways.simulator("base");
    Gateway gateway = ready(setup(server.address()));
    for (String name : new String[] {"law", "support"}) {
      String body = "{\"model\":\"" + name + "\",\"input\":\"Hi\"}";
      WireResponse made = gateways.ask(gateway, Requests.post("/v1/responses", body));
      String id = made.json().path("id").asText();

      WireResponse read = gateways.ask(gateway, Requests.get("/v1/responses/" + id));

      assertThat(read.json().path("model").asText()).isEqualTo(name);
      assertThat(made.text() + read.text()).doesNotContain("@");
    }
  }

  @Test
  void errorOfTheServer_hasThePublicName() {
    RawUpstream server = gateways.closing(new RawUpstream(HiddenNamesTest::fail));
    Gateway gateway = gateways.start(setup(server.address()));
    await().atMost(SOON).until(() -> !server.calls().isEmpty());
    server.list(internal(gateway));
    await()
        .atMost(SOON)
        .until(() -> gateway.adapters().statuses().get("law").phase() == AdapterPhase.READY);

    WireResponse law = gateways.chat(gateway, "law");
    WireResponse support = gateways.chat(gateway, "support");

    assertThat(law.status()).isEqualTo(400);
    assertThat(law.text()).contains("The LoRA law is too small").doesNotContain("@");
    assertThat(support.text()).contains("The LoRA support is too small").doesNotContain("@");
  }

  /** Loads, and fails every request of a client with a message that names the model. */
  private static void fail(RawUpstream.Call call) throws java.io.IOException {
    if (call.path().endsWith("chat/completions")) {
      String model = GatewayExtension.json(call.body()).path("model").asText();
      String message = "{\"error\":{\"message\":\"The LoRA " + model + " is too small\"}}";
      call.reply(400, "application/json", message);
    } else {
      call.reply(200, "application/json", "{}");
    }
  }

  @Test
  void poolWithAResolver_isNotAskedForTheServersName() {
    SimulatedServer server = gateways.simulator("base");
    Gateway gateway = ready(setup(server.address()).resolver());

    WireResponse answer = gateways.chat(gateway, internal(gateway));

    assertThat(answer.status()).isEqualTo(404);
    assertThat(server.requests())
        .filteredOn(seen -> seen.path().equals("/v1/chat/completions"))
        .isEmpty();
  }

  @Test
  void classOfTheModel_isThatOfItsPublicName() {
    SimulatedServer server = gateways.simulator("base");
    QueueSettings d = QueueSettings.DEFAULTS;
    QueueSettings queue =
        new QueueSettings(
            10, d.bytes(), d.timeout(), d.priorities(), Map.of("law", "premium"), false, 10);
    Gateway gateway = ready(setup(server.address()).maxInFlight(1).queue(queue));
    server.faults().on(SimFault.STALL);
    gateways.client(gateway).send(Requests.chat("base"));
    await().atMost(SOON).until(() -> GatewayExtension.inFlight(gateway) == 1);
    WireClient usual = gateways.client(gateway).send(chat("base", "usual"));
    await().atMost(SOON).until(() -> waiting(gateway) == 1);
    WireClient premium = gateways.client(gateway).send(chat("law", "premium"));
    await().atMost(SOON).until(() -> waiting(gateway) == 2);

    server.faults().clear();
    usual.read();
    premium.read();

    List<String> order =
        server.requests().stream()
            .map((SimRequest seen) -> seen.headers().get("x-request-id"))
            .filter(id -> "usual".equals(id) || "premium".equals(id))
            .toList();
    assertThat(order).containsExactly("premium", "usual");
  }

  private static String chat(String model, String id) {
    return Requests.post(
        "/v1/chat/completions", Requests.chatBody(model, 2, false), "x-request-id: " + id);
  }

  private static int waiting(Gateway gateway) {
    return GatewayExtension.state(gateway).path("pools").path(0).path("queued").asInt();
  }
}
