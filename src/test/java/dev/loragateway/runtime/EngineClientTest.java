package dev.loragateway.runtime;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.equalToJson;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static dev.loragateway.runtime.RuntimeExtension.loading;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import dev.loragateway.adapters.EngineKind;
import dev.loragateway.runtime.RuntimeExtension.Answer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Engines that answer as theirs do, of several versions. */
class EngineClientTest {
  private static final String LOAD = "/v1/load_lora_adapter";
  private static final String UNLOAD = "/v1/unload_lora_adapter";

  @RegisterExtension final RuntimeExtension runtime = new RuntimeExtension();

  @RegisterExtension
  static final WireMockExtension engine =
      WireMockExtension.newInstance()
          .options(options().bindAddress("127.0.0.1").dynamicPort())
          .build();

  private String url;

  @BeforeEach
  void point() throws IOException {
    runtime.options.engineUrl = URI.create(engine.baseUrl() + "/");
    engine.stubFor(get("/v1/models").willReturn(okJson("{\"data\":[]}")));
    url = "file://" + TestAdapter.of(1).write(runtime.files().resolve("support"));
  }

  private static void answer(String path, int status, String body) {
    engine.stubFor(post(path).willReturn(aResponse().withStatus(status).withBody(body)));
  }

  private static String models(String name, String root) {
    return "{\"data\":[{\"id\":\"%s\",\"root\":\"%s\",\"parent\":\"base\"}]}".formatted(name, root);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"error\":{\"message\":\"The lora adapter 'a' has already been loaded.\",\"code\":400}}",
        "{\"object\":\"error\",\"message\":\"The lora adapter 'a' has already been loaded.\"}",
        "{\"success\":false,\"error_message\":\"LoRA adapter a is already loaded\"}"
      })
  void load_alreadyLoaded_isASuccess(String body) throws IOException {
    answer(LOAD, 400, body);
    runtime.start();
    assertThat(runtime.load("a", url).status()).isEqualTo(200);
    String path = runtime.artifact(TestAdapter.of(1).sha256()).toString();
    engine.stubFor(get("/v1/models").willReturn(okJson(models("a", path))));
    assertThat(runtime.load("a", url).status()).isEqualTo(200);
    engine.stubFor(get("/v1/models").willReturn(okJson(models("a", "/elsewhere"))));
    assertThat(runtime.load("a", url).type()).isEqualTo("NameInUse");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "400 | {\"error\":{\"message\":\"LoRA rank 64 is greater than max_lora_rank 16.\"}}"
            + " | 400 | EngineRefused | max_lora_rank 16",
        "400 | {\"error_message\":\"rank 64 is too large\"} | 400 | EngineRefused | rank 64",
        "404 | {\"error\":{\"message\":\"No adapter found for /a\"}}"
            + " | 502 | EngineFailed | --engine-directory",
        "404 | {\"detail\":\"Not Found\"} | 502 | EngineFailed | VLLM_ALLOW_RUNTIME_LORA_UPDATING",
        "401 | {\"error\":\"Unauthorized\"} | 502 | EngineFailed | --engine-api-key-file",
        "500 | Internal Server Error | 502 | EngineFailed | 500 Internal Server Error",
        "503 | '' | 502 | EngineFailed | 503"
      })
  void load_notDone_isToldApart(int status, String body, int told, String type, String why)
      throws IOException {
    answer(LOAD, status, body);
    runtime.start();
    Answer answer = runtime.load("a", url);
    assertThat(answer.status()).isEqualTo(told);
    assertThat(answer.type()).isEqualTo(type);
    assertThat(answer.message()).contains(why);
    assertThat(runtime.artifacts("ready").getFirst().path("names")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "200 | Success | 200",
        "404 | {\"error\":{\"message\":\"The lora adapter 'a' cannot be found.\"}} | 200",
        "400 | {\"object\":\"error\",\"message\":\"The lora adapter 'a' cannot be found.\"} | 200",
        "400 | {\"success\":false,\"error_message\":\"LoRA with name a does not exist\"} | 200",
        "404 | {\"detail\":\"Not Found\"} | 502",
        "500 | {\"error\":{\"message\":\"The engine is dead\"}} | 502"
      })
  void unload_notKnownThere_isASuccess(int status, String body, int told) throws IOException {
    answer(UNLOAD, status, body);
    runtime.start();
    assertThat(runtime.unload("a").status()).isEqualTo(told);
  }

  @Test
  void load_asksAsVllmWants() throws IOException {
    answer(LOAD, 200, "Success");
    runtime.options.engineKey = Files.writeString(runtime.files().resolve("key"), "ours\n");
    runtime.start();
    runtime.load("a", url);
    String path = runtime.artifact(TestAdapter.of(1).sha256()).toString();
    engine.verify(
        postRequestedFor(urlEqualTo(LOAD))
            .withHeader("Authorization", equalTo("Bearer ours"))
            .withRequestBody(
                equalToJson("{\"lora_name\":\"a\",\"lora_path\":\"%s\"}".formatted(path))));
    ObjectNode body = loading("b", url);
    body.putObject("additional_config").put("api-key", "theirs");
    runtime.load(body);
    engine.verify(
        postRequestedFor(urlEqualTo(LOAD)).withHeader("Authorization", equalTo("Bearer theirs")));
  }

  @Test
  void engine_thatClosesAKeptConnection_isAskedAgain() throws IOException {
    engine.stubFor(
        post(LOAD)
            .inScenario("closed")
            .whenScenarioStateIs(Scenario.STARTED)
            .willReturn(aResponse().withFault(Fault.EMPTY_RESPONSE))
            .willSetStateTo("open"));
    engine.stubFor(
        post(LOAD).inScenario("closed").whenScenarioStateIs("open").willReturn(okJson("{}")));
    runtime.start();
    assertThat(runtime.load("a", url).status()).isEqualTo(200);
  }

  @Test
  void engine_sglang_isAskedAtItsPaths() throws IOException {
    runtime.options.engine = EngineKind.SGLANG;
    answer("/load_lora_adapter", 200, "{\"success\":true}");
    answer("/unload_lora_adapter", 200, "{\"success\":true}");
    runtime.start();
    assertThat(runtime.load("a", url).status()).isEqualTo(200);
    assertThat(runtime.unload("a").status()).isEqualTo(200);
  }
}
