package dev.loragateway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.loragateway.proxy.ProxySettings;
import dev.loragateway.sim.SimFault;
import dev.loragateway.sim.SimulatedServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** Where a request would go, as operators ask. */
class ExplainTest {
  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private SimulatedServer a;
  private SimulatedServer b;

  @BeforeEach
  void start() {
    a = gateways.simulator("base", "x", "y");
    b = gateways.simulator("base", "y");
  }

  private static WireResponse post(Gateway gateway, String body, String... headers) {
    try (WireClient client = new WireClient(gateway.adminPort())) {
      return client
          .send(
              "POST /api/explain HTTP/1.1\r\nHost: 127.0.0.1:"
                  + gateway.adminPort()
                  + "\r\nContent-Type: application/json\r\nContent-Length: "
                  + body.length()
                  + "\r\n"
                  + String.join("", headers)
                  + "\r\n")
          .send(body)
          .read();
    }
  }

  private static JsonNode at(JsonNode explanation, SimulatedServer server) {
    for (JsonNode endpoint : explanation.path("endpoints")) {
      if (endpoint.path("address").asText().equals(server.address())) {
        return endpoint;
      }
    }
    throw new AssertionError(explanation);
  }

  @Test
  void explained_saysWhereItWouldGo_andWhyNotElsewhere() {
    Gateway gateway = gateways.start(Setup.of(a.address(), b.address()));
    assertThat(gateways.chat(gateway, "x").status()).isEqualTo(200);

    JsonNode told = post(gateway, "{\"model\":\"x\"}").json();

    assertThat(told.path("outcome").asText()).isEqualTo("dispatch");
    assertThat(told.path("endpoint").asText()).isEqualTo(a.address());
    assertThat(told.path("tier").asText()).isEqualTo("resident");
    assertThat(told.path("policy").asText()).isEqualTo("lora-aware");
    assertThat(at(told, a).path("verdict").asText()).isEqualTo("chosen");
    assertThat(at(told, a).path("residency").asText()).isEqualTo("gpu");
    assertThat(at(told, a).at("/costMs/swap").asDouble()).isZero();
    assertThat(at(told, b).path("verdict").asText()).isEqualTo("not registered");
    assertThat(at(told, b).path("costMs").isNull()).isTrue();
    assertThat(gateways.chat(gateway, "x").endpoint()).isEqualTo(a.address());
  }

  @Test
  void asking_sendsNothing_andCountsNothing() {
    Gateway gateway = gateways.start(Setup.of(a.address(), b.address()));
    int before = a.requests().size() + b.requests().size();

    for (int i = 0; i < 20; i++) {
      assertThat(post(gateway, "{\"model\":\"y\",\"session\":\"s\"}").status()).isEqualTo(200);
    }

    assertThat(a.requests().stream().filter(request -> request.model() != null)).isEmpty();
    assertThat(b.requests().stream().filter(request -> request.model() != null)).isEmpty();
    assertThat(a.requests().size() + b.requests().size()).isGreaterThanOrEqualTo(before);
    assertThat(GatewayExtension.inFlight(gateway)).isZero();
    assertThat(GatewayExtension.admin(gateway, "/metrics").text())
        .doesNotContain("lora_gateway_picks_total{");
  }

  @Test
  void alias_isExplainedAsWhatItStandsFor() {
    Gateway gateway =
        gateways.start(Setup.of(a.address(), b.address()).aliases(Map.of("support", "x")));

    JsonNode told = post(gateway, "{\"model\":\"support\"}").json();

    assertThat(told.path("adapter").asText()).isEqualTo("x");
    assertThat(told.at("/variants/0/adapter").asText()).isEqualTo("x");
    assertThat(told.path("endpoint").asText()).isEqualTo(a.address());
  }

  @Test
  void saturatedEndpoint_isSaidToBeSaturated_byWhat() {
    Gateway gateway = gateways.start(Setup.of(a.address()).maxInFlight(1));
    a.faults().on(SimFault.STALL);
    gateways.client(gateway).send(Requests.chat("x"));
    await().until(() -> GatewayExtension.inFlight(gateway) == 1);

    JsonNode told = post(gateway, "{\"model\":\"x\"}").json();

    assertThat(told.path("outcome").asText()).isEqualTo("saturated");
    assertThat(told.path("endpoint").isNull()).isTrue();
    assertThat(at(told, a).path("verdict").asText()).isEqualTo("saturated");
    assertThat(at(told, a).path("detail").asText()).contains("maxInFlight 1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'model':'none'}         | 404 | model_not_found   | model",
        "{'modle':'x'}            | 400 | unknown_parameter | modle",
        "{}                       | 400 | missing_parameter | model",
        "{'model':7}              | 400 | invalid_value     | model",
        "{'model':''}             | 400 | invalid_value     | model",
        "[]                       | 400 | invalid_value     |",
        "{'model':'x'             | 400 | invalid_json      |",
        "{'model':'x','model':'y'}| 400 | invalid_json      |"
      })
  void wrongQuestion_isRefused(String body, int status, String code, String param) {
    Gateway gateway = gateways.start(Setup.of(a.address()));

    WireResponse answer = post(gateway, body.replace('\'', '"'));

    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(answer.json().at("/error/code").asText()).isEqualTo(code);
    assertThat(answer.json().at("/error/param").asText("null"))
        .isEqualTo(param == null ? "null" : param);
  }

  @Test
  void withoutTheToken_orFromAnotherSite_nothingIsTold() {
    Gateway gateway = gateways.launch(Setup.of(a.address()).adminToken("s3cret"));
    String token = "Authorization: Bearer s3cret\r\n";

    await().until(() -> post(gateway, "{\"model\":\"x\"}", token).status() == 200);

    assertThat(post(gateway, "{\"model\":\"x\"}").status()).isEqualTo(401);
    assertThat(
            post(gateway, "{\"model\":\"x\"}", token, "Origin: http://evil.example\r\n").status())
        .isEqualTo(403);
  }

  @Test
  void request_thatAsksForIt_getsTheDecision_andTheServerHearsNothingOfThat() {
    Gateway gateway = gateways.start(Setup.of(a.address(), b.address()));
    String asking =
        Requests.post(
            "/v1/chat/completions", Requests.chatBody("y", 2, false), "x-gateway-explain: 1");

    WireResponse answer = gateways.ask(gateway, asking);

    assertThat(answer.status()).isEqualTo(200);
    JsonNode told = GatewayExtension.json(answer.header("x-gateway-explain"));
    assertThat(told.path("endpoint").asText()).isEqualTo(answer.endpoint());
    assertThat(told.path("tier").asText()).isEqualTo(answer.header("x-gateway-tier"));
    assertThat(told.path("endpoints")).hasSize(2);
    assertThat(told.path("more").asInt()).isZero();
    SimulatedServer served = answer.endpoint().equals(a.address()) ? a : b;
    assertThat(served.requests().getLast().headers()).doesNotContainKey("x-gateway-explain");
    assertThat(gateways.chat(gateway, "y").header("x-gateway-explain")).isNull();
  }

  @Test
  void refusedRequest_getsTheDecision_too() {
    Gateway gateway = gateways.start(Setup.of(a.address()).maxInFlight(1).noQueue());
    a.faults().on(SimFault.STALL);
    gateways.client(gateway).send(Requests.chat("x"));
    await().until(() -> GatewayExtension.inFlight(gateway) == 1);

    WireResponse refused =
        gateways.ask(
            gateway,
            Requests.post(
                "/v1/chat/completions", Requests.chatBody("x", 2, false), "x-gateway-explain: 1"));

    assertThat(refused.status()).isEqualTo(429);
    JsonNode told = GatewayExtension.json(refused.header("x-gateway-explain"));
    assertThat(told.path("outcome").asText()).isEqualTo("saturated");
    assertThat(told.at("/endpoints/0/verdict").asText()).isEqualTo("saturated");
  }

  @Test
  void switchedOff_noDecisionIsTold() {
    ProxySettings.Headers none =
        new ProxySettings.Headers(true, true, true, true, true, true, false);
    Gateway gateway = gateways.start(Setup.of(a.address()).headers(none));

    WireResponse answer =
        gateways.ask(
            gateway,
            Requests.post(
                "/v1/chat/completions", Requests.chatBody("x", 2, false), "x-gateway-explain: 1"));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("x-gateway-explain")).isNull();
  }

  @Test
  void command_printsADecision() {
    Gateway gateway = gateways.start(Setup.of(a.address(), b.address()));
    gateways.chat(gateway, "x");
    StringWriter out = new StringWriter();

    int code = run(out, "x", gateway);

    assertThat(code).isZero();
    assertThat(out.toString())
        .startsWith("x: it would be sent to " + a.address() + ", tier resident")
        .containsPattern(a.address() + " +chosen +gpu \\(estimated\\), load")
        .containsPattern(b.address() + " +not registered");
    assertThat(run(new StringWriter(), "none", gateway)).isEqualTo(1);
  }

  private static int run(StringWriter out, String model, Gateway gateway) {
    return new CommandLine(new Main())
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(new StringWriter()))
        .execute("explain", model, "--admin", "http://127.0.0.1:" + gateway.adminPort());
  }
}
