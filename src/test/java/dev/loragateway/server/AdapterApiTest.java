package dev.loragateway.server;

import static dev.loragateway.server.GatewayExtension.admin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.loragateway.adapters.AdapterSettings;
import dev.loragateway.adapters.AdapterSpec;
import dev.loragateway.adapters.PlacementSettings;
import dev.loragateway.sim.SimulatedServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What operators ask and change through {@code /api/adapters}. */
class AdapterApiTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  @TempDir private Path directory;
  private AdapterFolder folder;
  private SimulatedServer a;
  private SimulatedServer b;

  @BeforeEach
  void start() {
    folder = new AdapterFolder(directory.resolve("adapters"));
    a = gateways.simulator("base");
    b = gateways.simulator("base");
  }

  static AdapterSettings settings(@Nullable Path file, AdapterSpec... specs) {
    return new AdapterSettings(
        null,
        List.of(specs),
        file,
        null,
        PlacementSettings.DEFAULT,
        new AdapterSettings.Loading(2, 1000, Duration.ofSeconds(2), Duration.ofSeconds(5), 0),
        AdapterSettings.Demand.DEFAULTS);
  }

  private Setup setup(AdapterSpec... specs) {
    return Setup.of(a.address(), b.address())
        .askOften()
        .adapters(settings(directory.resolve("added.json"), specs));
  }

  private static WireResponse call(Gateway gateway, String method, String path, String... headers) {
    return send(gateway, method, path, "", headers);
  }

  private static WireResponse send(
      Gateway gateway, String method, String path, String body, String... headers) {
    List<String> lines = new ArrayList<>(List.of(headers));
    if (lines.stream().noneMatch(line -> line.startsWith("Host:"))) {
      lines.add("Host: 127.0.0.1:" + gateway.adminPort());
    }
    lines.add("Content-Length: " + body.length());
    try (WireClient client = new WireClient(gateway.adminPort())) {
      return client
          .send(method + " " + path + " HTTP/1.1\r\n" + String.join("\r\n", lines) + "\r\n\r\n")
          .send(body)
          .read();
    }
  }

  private static WireResponse post(Gateway gateway, String body, String... headers) {
    List<String> lines = new ArrayList<>(List.of(headers));
    lines.add("Content-Type: application/json");
    return send(
        gateway, "POST", "/api/adapters", body.replace('\'', '"'), lines.toArray(String[]::new));
  }

  private String adding(String name, String more) {
    return "{'name':'%s','baseModel':'base','source':'file://%s'%s}"
        .formatted(name, folder.root().resolve(name), more);
  }

  private static JsonNode one(Gateway gateway, String name) {
    return admin(gateway, "/api/adapters/" + name).json();
  }

  private static void awaitPhase(Gateway gateway, String name, String phase) {
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> assertThat(one(gateway, name).path("phase").asText()).isEqualTo(phase));
  }

  private static void refused(WireResponse answer, int status, String code) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    JsonNode error = answer.json().path("error");
    assertThat(error.path("code").asText()).isEqualTo(code);
    assertThat(error.path("message").asText()).isNotEmpty();
    assertThat(error.path("type").asText())
        .isEqualTo(status < 500 ? "invalid_request_error" : "server_error");
    assertThat(error.has("param")).isTrue();
  }

  @Test
  void added_isLoadedAndServed_andRemovedAgain() {
    folder.write("acme/law", 1);
    Gateway gateway = gateways.start(setup());

    WireResponse added = post(gateway, adding("acme/law", ",'replicas':2,'aliases':['support']"));
    assertThat(added.status()).isEqualTo(201);
    assertThat(added.json().path("name").asText()).isEqualTo("acme/law");
    awaitPhase(gateway, "acme/law", "ready");

    assertThat(gateways.chat(gateway, "support").status()).isEqualTo(200);
    assertThat(call(gateway, "DELETE", "/api/adapters/acme%2Flaw").status()).isEqualTo(204);
    refused(admin(gateway, "/api/adapters/acme/law"), 404, "adapter_not_found");
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> assertThat(gateways.chat(gateway, "acme/law").status()).isEqualTo(404));
    refused(call(gateway, "DELETE", "/api/adapters/acme/law"), 404, "adapter_not_found");
  }

  @Test
  void status_tellsAllThatIsKnown() {
    folder.write("law", 1);
    Gateway gateway = gateways.start(setup());
    post(gateway, adding("law", ",'replicas':'1','aliases':[{'name':'support','weight':7}]"));
    awaitPhase(gateway, "law", "ready");

    JsonNode law = admin(gateway, "/api/adapters").json().path("adapters").path(0);

    assertThat(law.path("name").asText()).isEqualTo("law");
    assertThat(law.path("origin").asText()).isEqualTo("api");
    assertThat(law.path("baseModel").asText()).isEqualTo("base");
    assertThat(law.path("source").asText()).startsWith("file:///");
    assertThat(law.path("replicas").asText()).isEqualTo("1");
    assertThat(law.path("desired").asInt()).isEqualTo(1);
    assertThat(law.path("ready").asInt()).isEqualTo(1);
    assertThat(law.path("revision").asText()).matches("[0-9a-f]{12}");
    assertThat(law.path("serving")).isEqualTo(law.path("revision"));
    assertThat(law.path("aliases").toString()).isEqualTo("[{\"name\":\"support\",\"weight\":7}]");
    assertThat(law.path("rank").asInt()).isEqualTo(8);
    assertThat(law.path("bytes").asInt()).isPositive();
    assertThat(law.path("targetModules").toString()).isEqualTo("[\"q_proj\"]");
    JsonNode copy = law.path("copies").path(0);
    assertThat(copy.path("address").asText()).isIn(a.address(), b.address());
    assertThat(copy.path("revision")).isEqualTo(law.path("revision"));
    assertThat(copy.path("state").asText()).isEqualTo("ready");
    assertThat(copy.path("attempts").asInt()).isZero();
    for (String unknown : new String[] {"retryAt", "message"}) {
      assertThat(copy.path(unknown).isNull()).as(unknown).isTrue();
    }
  }

  @Test
  void explanation_ofWhatIsReady_tellsWhere() {
    folder.write("law", 1);
    Gateway gateway = gateways.start(setup());
    post(gateway, adding("law", ",'replicas':2"));
    awaitPhase(gateway, "law", "ready");

    assertThat(one(gateway, "law").path("explanation").toString())
        .contains("It is ready", "declared by api", "rank 8", "base model base", "2 endpoints")
        .contains(a.address() + " (revision ", b.address() + " (revision ", ") serves it.");
  }

  @Test
  void explanation_ofWhatFails_hasEachFailureAndItsNextTry() {
    Gateway gateway = gateways.start(setup());
    post(gateway, "{'name':'law','baseModel':'base','source':'/nowhere/law','replicas':2}");

    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(one(gateway, "law").path("explanation").toString())
                    .contains("not seen by the gateway")
                    .containsPattern(" failed to load it (once|\\d times): .*next try comes"));
  }

  @Test
  void explanation_ofWhatIsRefused_tellsWhy() {
    folder.write("law", 1);
    Gateway gateway = gateways.start(setup());
    post(gateway, adding("law", "").replace("'base'", "'other'"));
    awaitPhase(gateway, "law", "refused");

    assertThat(one(gateway, "law").path("explanation").toString())
        .contains("no pool serves other (expected: one of base as baseModel)");
  }

  @Test
  void added_isThereAgain_afterARestart() {
    folder.write("law", 1);
    Gateway first = gateways.start(setup());
    post(first, adding("law", ",'replicas':1"));
    awaitPhase(first, "law", "ready");
    first.close();

    Gateway second = gateways.start(setup());

    awaitPhase(second, "law", "ready");
    assertThat(gateways.chat(second, "law").status()).isEqualTo(200);
  }

  @Test
  void addedAgain_isChanged_andCountsAsReadyOnlyWhenItIs() {
    folder.write("law", 1);
    folder.write("law2", 2);
    Gateway gateway = gateways.start(setup());
    post(gateway, adding("law", ",'replicas':1"));
    awaitPhase(gateway, "law", "ready");
    String before = one(gateway, "law").path("revision").asText();

    WireResponse same = post(gateway, adding("law", ",'replicas':1"));
    WireResponse changed =
        post(gateway, adding("law2", ",'replicas':1").replace("'name':'law2'", "'name':'law'"));

    assertThat(same.status()).isEqualTo(200);
    assertThat(same.json().path("phase").asText()).isEqualTo("ready");
    assertThat(changed.status()).isEqualTo(200);
    awaitPhase(gateway, "law", "ready");
    assertThat(one(gateway, "law").path("serving").asText()).isNotEqualTo(before);
  }

  @Test
  void adapterOfTheConfiguration_isShown_butNotChanged() {
    folder.write("law", 1);
    Gateway gateway = gateways.start(setup(folder.spec("law", "1")));

    assertThat(one(gateway, "law").path("origin").asText()).isEqualTo("configuration");
    refused(post(gateway, adding("law", "")), 409, "declared_elsewhere");
    refused(call(gateway, "DELETE", "/api/adapters/law"), 409, "declared_elsewhere");
  }

  @Test
  void nameOfABaseModelOrAlias_isRefused() {
    Gateway gateway = gateways.start(setup().aliases(Map.of("alias", "base")));

    refused(post(gateway, adding("base", "")), 409, "name_taken");
    refused(post(gateway, adding("alias", "")), 409, "name_taken");
    refused(post(gateway, adding("law", ",'aliases':['base']")), 409, "name_taken");
    assertThat(gateways.chat(gateway, "base").status()).isEqualTo(200);
  }

  @Test
  void withoutAFile_additionsAreNotPossible() {
    folder.write("law", 1);
    Gateway gateway =
        gateways.start(Setup.of(a.address()).adapters(settings(null, folder.spec("law", "1"))));

    WireResponse answer = post(gateway, adding("tax", ""));

    refused(answer, 501, "not_configured");
    assertThat(answer.text()).contains("adapters.file");
    assertThat(one(gateway, "law").path("name").asText()).isEqualTo("law");
  }

  @Test
  void brokenFile_refusesAdditions() throws IOException {
    Files.writeString(directory.resolve("added.json"), "{");
    Gateway gateway = gateways.start(setup());

    refused(post(gateway, adding("law", "")), 500, "adapters_file_unusable");

    assertThat(Files.readString(directory.resolve("added.json"))).isEqualTo("{");
  }

  @Test
  void credentials_areNeverShown() {
    Gateway gateway = gateways.start(setup());
    String secrets =
        "'source':'https://me:s3cret@host/law?sig=s3cret','credentials':{'k':'s3cret'}";

    WireResponse added = post(gateway, "{'name':'law','baseModel':'base'," + secrets + "}");

    assertThat(added.status()).isEqualTo(201);
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> assertThat(one(gateway, "law").path("copies").toString()).contains("\"failed\""));
    for (String text :
        new String[] {
          added.text(),
          admin(gateway, "/api/adapters").text(),
          admin(gateway, "/api/adapters/law").text(),
          post(gateway, "{'name':'x','source':'ftp://me:s3cret@host/?s3cret'}").text()
        }) {
      assertThat(text).contains("***").doesNotContain("s3cret");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {}                                        | name         | invalid_value
          {'name':'a','source':'/a','colour':1}     | colour       | invalid_value
          {'name':'a','source':'/a','replicas':'x'} | replicas     | invalid_value
          {                                         | null         | invalid_json
          {'name':'a','name':'b','source':'/a'}     | null         | invalid_json
          {'name':'a','source':'/a'} x              | null         | invalid_json
          """)
  void bodyThatIsWrong_isToldByItsMember(String body, String param, String code) {
    Gateway gateway = gateways.start(setup());

    WireResponse answer = post(gateway, body);

    refused(answer, 400, code);
    assertThat(answer.json().path("error").path("param").asText()).isEqualTo(param);
  }

  @Test
  void bodyThatIsTooLong_orNoJson_isRefused() {
    Gateway gateway = gateways.start(setup());

    refused(post(gateway, " ".repeat((64 << 10) + 1)), 413, "request_too_large");
    refused(
        send(gateway, "POST", "/api/adapters", "{}", "Content-Type: text/plain"),
        415,
        "unsupported_media_type");
    refused(send(gateway, "POST", "/api/adapters", "{}"), 415, "unsupported_media_type");
  }

  @Test
  void otherMethods_areToldWhatThereIs() {
    Gateway gateway = gateways.start(setup());

    for (String method : new String[] {"PUT", "PATCH", "OPTIONS", "DELETE"}) {
      WireResponse answer = call(gateway, method, "/api/adapters");
      refused(answer, 405, "method_not_allowed");
      assertThat(answer.header("allow")).isEqualTo("GET, HEAD, POST");
    }
    WireResponse answer = call(gateway, "POST", "/api/adapters/law");
    refused(answer, 405, "method_not_allowed");
    assertThat(answer.header("allow")).isEqualTo("GET, HEAD, DELETE");
    refused(call(gateway, "GET", "/api/adaptersx"), 404, "not_found");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Origin: http://example.com",
        "Origin: null",
        "Origin: http://127.0.0.1:1",
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-site"
      })
  void pageOfAnotherSite_changesNothing(String header) {
    Gateway gateway = gateways.start(setup());

    refused(post(gateway, adding("law", ""), header), 403, "forbidden");
    refused(call(gateway, "DELETE", "/api/adapters/law", header), 403, "forbidden");

    assertThat(directory.resolve("added.json")).doesNotExist();
  }

  @Test
  void ownPage_mayChange_butNotUnderANameOfSomebodyElse() {
    Gateway gateway = gateways.start(setup());
    String origin = "Origin: http://127.0.0.1:" + gateway.adminPort();

    assertThat(post(gateway, adding("law", ""), origin).status()).isEqualTo(201);
    refused(
        post(gateway, adding("tax", ""), "Host: example.com", "Origin: http://example.com"),
        421,
        "forbidden");
  }

  @Test
  void token_isWantedForEachMethod() {
    Gateway gateway = gateways.launch(setup().adminToken("s3cret"));
    String right = "Authorization: Bearer s3cret";

    for (String method : new String[] {"GET", "POST", "DELETE", "PUT"}) {
      WireResponse answer = call(gateway, method, "/api/adapters");
      refused(answer, 401, "invalid_api_key");
      assertThat(answer.header("www-authenticate")).isEqualTo("Bearer");
    }
    assertThat(post(gateway, adding("law", ""), right).status()).isEqualTo(201);
    assertThat(call(gateway, "GET", "/api/adapters", right).status()).isEqualTo(200);
    assertThat(call(gateway, "DELETE", "/api/adapters/law", right).status()).isEqualTo(204);
  }

  @Test
  void head_hasNoBody() {
    Gateway gateway = gateways.start(setup());

    try (WireClient client = new WireClient(gateway.adminPort())) {
      client.send("HEAD /api/adapters HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
      assertThat(client.readToEnd()).startsWith("HTTP/1.1 200").endsWith("\r\n\r\n");
    }
  }
}
