package dev.loragateway.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SimulatedServerTest {
  private static final SimSettings SETTINGS =
      SimSettings.of("base", "lora-0", "lora-1")
          .withLoadable("lora-2")
          .withSlots(2, 3)
          .withMaxModelLen(1024)
          .withTimeScale(0);

  private final SimulatedServer server = SimulatedServer.start(SETTINGS);
  private final SimClient client = new SimClient(server);

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  @Test
  void chat_whole_isShapedAsOpenAi() {
    HttpResponse<String> answer = client.chat("lora-0", 3);
    JsonNode body = SimClient.json(answer.body());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("content-type")).hasValue("application/json");
    assertThat(body.path("object").asText()).isEqualTo("chat.completion");
    assertThat(body.path("model").asText()).isEqualTo("lora-0");
    assertThat(body.at("/choices/0/message/content").asText()).isEqualTo("lora-0 1 2");
    assertThat(body.at("/choices/0/finish_reason").asText()).isEqualTo("length");
    assertThat(body.at("/choices/0/message/refusal").isNull()).isTrue();
    assertThat(body.at("/usage/completion_tokens").asInt()).isEqualTo(3);
    assertThat(body.at("/usage/total_tokens").asInt())
        .isEqualTo(3 + body.at("/usage/prompt_tokens").asInt());
  }

  @Test
  void chat_noLimit_stopsByItself() {
    String request = "{\"model\":\"base\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    JsonNode body = SimClient.json(client.post("/v1/chat/completions", request).body());
    assertThat(body.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
    assertThat(body.at("/usage/completion_tokens").asInt()).isEqualTo(16);
  }

  @Test
  void chat_stream_isRoleThenTokensThenUsageThenDone() {
    HttpResponse<String> answer =
        client.post("/v1/chat/completions", SimClient.chatBody("lora-1", 2, true));
    assertThat(answer.headers().firstValue("content-type"))
        .hasValue("text/event-stream; charset=utf-8");
    assertThat(answer.headers().firstValue("transfer-encoding")).hasValue("chunked");
    List<String> events = SimClient.events(answer.body());
    assertThat(events).hasSize(5).last().isEqualTo("[DONE]");
    assertThat(SimClient.json(events.get(0)).at("/choices/0/delta/role").asText())
        .isEqualTo("assistant");
    assertThat(SimClient.json(events.get(1)).at("/choices/0/delta/content").asText())
        .isEqualTo("lora-1");
    assertThat(SimClient.json(events.get(2)).at("/choices/0/finish_reason").asText())
        .isEqualTo("length");
    assertThat(SimClient.json(events.get(3)).path("choices")).isEmpty();
    assertThat(SimClient.json(events.get(3)).at("/usage/completion_tokens").asInt()).isEqualTo(2);
  }

  @Test
  void chat_withoutUsageOption_streamsNoUsage() {
    String request =
        "{\"model\":\"base\",\"stream\":true,\"max_tokens\":1,\"messages\":[{\"content\":\"a\"}]}";
    List<String> events = SimClient.events(client.post("/v1/chat/completions", request).body());
    assertThat(events).hasSize(3).noneMatch(event -> event.contains("usage"));
  }

  @Test
  void completions_streamOfTwoChoices_numbersThem() {
    String request =
        "{\"model\":\"base\",\"stream\":true,\"max_tokens\":2,\"n\":2,\"prompt\":\"a\"}";
    List<String> events = SimClient.events(client.post("/v1/completions", request).body());
    assertThat(events).hasSize(5);
    assertThat(SimClient.json(events.get(1)).at("/choices/0/index").asInt()).isEqualTo(1);
  }

  @Test
  void messages_stream_hasAnthropicsEvents() {
    String body = client.post("/v1/messages", SimClient.chatBody("lora-0", 2, true)).body();
    assertThat(body.lines().filter(line -> line.startsWith("event: ")))
        .containsExactly(
            "event: message_start",
            "event: content_block_start",
            "event: content_block_delta",
            "event: content_block_delta",
            "event: content_block_stop",
            "event: message_delta",
            "event: message_stop");
    assertThat(client.post("/v1/messages", SimClient.chatBody("nope", 2, true)).body())
        .isEqualTo(
            "{\"type\":\"error\",\"error\":{\"type\":\"NotFoundError\",\"message\":\"The model"
                + " `nope` does not exist. Valid aliases: base.\"}}");
  }

  @Test
  void responses_whole_isStoredHereOnly() {
    JsonNode made =
        SimClient.json(
            client.post("/v1/responses", "{\"model\":\"lora-0\",\"input\":\"hi\"}").body());
    String id = made.path("id").asText();
    assertThat(made.at("/output/0/content/0/text").asText()).startsWith("lora-0 1");
    assertThat(SimClient.json(client.get("/v1/responses/" + id).body())).isEqualTo(made);
    assertThat(client.post("/v1/responses/" + id + "/cancel", "").statusCode()).isEqualTo(400);
    HttpResponse<String> unknown = client.get("/v1/responses/resp_x");
    assertThat(unknown.statusCode()).isEqualTo(404);
    assertThat(unknown.body())
        .isEqualTo(
            "{\"error\":{\"message\":\"Response with id 'resp_x' not found.\",\"type\":"
                + "\"invalid_request_error\",\"param\":\"response_id\",\"code\":404}}");
  }

  @Test
  void responses_stream_countsItsEvents() {
    List<String> events =
        SimClient.events(
            client
                .post("/v1/responses", "{\"model\":\"base\",\"input\":\"hi\",\"stream\":true}")
                .body());
    for (int i = 0; i < events.size(); i++) {
      assertThat(SimClient.json(events.get(i)).path("sequence_number").asInt()).isEqualTo(i);
    }
    assertThat(SimClient.json(events.getLast()).path("type").asText())
        .isEqualTo("response.completed");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/embeddings",
        "/pooling",
        "/v1/pooling",
        "/classify",
        "/score",
        "/v1/score",
        "/rerank",
        "/v1/rerank"
      })
  void oneStepPaths_adapter_answerInItsName(String path) {
    HttpResponse<String> answer =
        client.post(
            path,
            "{\"model\":\"lora-0\",\"input\":[\"a\",\"b\"],\"text_1\":\"a\",\"text_2\":[\"b\",\"c\"],"
                + "\"query\":\"q\",\"documents\":[\"d\",\"e\"]}");
    JsonNode body = SimClient.json(answer.body());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(body.path("model").asText()).isEqualTo("lora-0");
    assertThat(body.path(body.has("data") ? "data" : "results")).hasSize(2);
  }

  @Test
  void transcription_form_isAnsweredByItsModel() throws IOException {
    String form =
        """
        --b
        content-disposition: form-data; name="model"

        lora-1
        --b
        content-disposition: form-data; name="file"; filename="a.wav"

        RIFF
        --b--
        """
            .replace("\n", "\r\n");
    try (RawConnection connection = new RawConnection(server)) {
      connection.post("/v1/audio/transcriptions", "multipart/form-data; boundary=b", form);
      assertThat(connection.readUntil("\"text\":\"lora-1 1", 1)).startsWith("HTTP/1.1 200 OK");
    }
    assertThat(server.requests().getFirst().model()).isEqualTo("lora-1");
    assertThat(client.post("/v1/audio/translations", "{}").statusCode()).isEqualTo(400);
  }

  @Test
  void tokenize_andBack_needNoEngine() {
    server.faults().on(SimFault.STALL);
    assertThat(client.post("/tokenize", "{\"model\":\"lora-0\",\"prompt\":\"abcdefgh\"}").body())
        .contains("\"count\":2");
    assertThat(client.post("/detokenize", "{\"model\":\"lora-0\",\"tokens\":[5,6]}").body())
        .isEqualTo("{\"prompt\":\"5 6\"}");
    assertThat(
            client.post("/v1/messages/count_tokens", SimClient.chatBody("base", 1, false)).body())
        .contains("\"input_tokens\":4");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/v1/chat/completions|{\"model\":\"nope\",\"messages\":[]}|404|NotFoundError|model|The"
            + " model \u2018nope\u2018 does not exist. Valid aliases: base.",
        "/v1/chat/completions|{\"model\":\"base\"}|400|Bad Request|body.messages|1 validation"
            + " error:\\n"
            + "  {'type': 'missing', 'loc': 'body.messages', 'msg': 'Field required', 'input':"
            + " '<dict of 1 items>'}",
        "/v1/completions|{\"model\":\"base\"}|400|BadRequestError|prompt|Either prompt or"
            + " prompt_embeds must be provided and non-empty. (parameter=prompt)",
        "/v1/completions|{\"prompt\":\"a\",\"max_tokens\":-1}|400|BadRequestError|max_tokens|"
            + "max_tokens must be at least 1, got -1. (parameter=max_tokens, value=-1)",
        "/v1/completions|{\"prompt\":\"a\",\"max_tokens\":5000}|400|BadRequestError|max_tokens|"
            + "max_tokens=5000 cannot be greater than max_model_len=1024. Please request fewer"
            + " output tokens. (parameter=max_tokens, value=5000)",
        "/v1/load_lora_adapter|{\"lora_name\":\"x\"}|400|Bad Request|body.lora_path|1 validation"
            + " error:\\n  {'type': 'missing', 'loc': 'body.lora_path', 'msg': 'Field required',"
            + " 'input': '<dict of 1 items>'}",
        "/v1/load_lora_adapter|{\"lora_name\":\"\",\"lora_path\":\"x\"}|400|InvalidUserInput||Both"
            + " 'lora_name' and 'lora_path' must be provided.",
        "/v1/load_lora_adapter|{\"lora_name\":\"x\",\"lora_path\":\"/nope\"}|404|NotFoundError||"
            + "Loading lora x failed: No adapter found for /nope",
        "/v1/load_lora_adapter|{\"lora_name\":\"lora-0\",\"lora_path\":\"/nope\"}|400|"
            + "InvalidUserInput||The lora adapter 'lora-0' has already been loaded. If you want to"
            + " load the adapter in place, set 'load_inplace' to True.",
        "/v1/load_lora_adapter|{\"lora_name\":\"base\",\"lora_path\":\"x\"}|400|InvalidUserInput||"
            + "The lora adapter 'base' conflicts with a served base model.",
        "/v1/unload_lora_adapter|{\"lora_name\":\"zzz\"}|404|NotFoundError||The lora adapter 'zzz'"
            + " cannot be found.",
        "/v1/unload_lora_adapter|{\"lora_name\":\"\"}|400|InvalidUserInput||'lora_name' needs to be"
            + " provided to unload a LoRA adapter.",
      })
  void errors_wrongRequest_haveVllmsBodies(
      String path, String request, int status, String type, String param, String message) {
    HttpResponse<String> answer = client.post(path, request);
    JsonNode error = SimClient.json(answer.body()).path("error");
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(error.path("message").asText())
        .isEqualTo(message.replace('\u2018', '`').replace("\\n", "\n"));
    assertThat(error.path("type").asText()).isEqualTo(type);
    assertThat(error.path("param").textValue()).isEqualTo(param);
    assertThat(error.path("code").asInt()).isEqualTo(status);
  }

  @Test
  void errors_pathMethodAndBody_areThoseOfTheFramework() {
    assertThat(client.post("/nope", "{}").body()).isEqualTo("{\"detail\":\"Not Found\"}");
    HttpResponse<String> method = client.get("/v1/chat/completions");
    assertThat(method.statusCode()).isEqualTo(405);
    assertThat(method.headers().firstValue("allow")).hasValue("POST");
    for (String bad : List.of("{bad", "", "[]", "\"x\"", "{\"model\":")) {
      HttpResponse<String> answer = client.post("/v1/chat/completions", bad);
      assertThat(answer.statusCode()).as(bad).isEqualTo(400);
      assertThat(answer.body()).as(bad).contains("1 validation error");
    }
  }

  @Test
  void models_loadedAndUnloaded_listsRegistrations() {
    assertThat(client.load("lora-2", "/adapters/lora-2", false).body())
        .isEqualTo("Success: LoRA adapter 'lora-2' added successfully.");
    assertThat(client.unload("lora-0").body())
        .isEqualTo("Success: LoRA adapter 'lora-0' removed successfully.");
    JsonNode cards = SimClient.json(client.get("/v1/models").body()).path("data");
    assertThat(cards.findValuesAsText("id")).contains("base", "lora-1", "lora-2");
    assertThat(cards).hasSize(3);
    assertThat(cards.path(0).path("parent").isNull()).isTrue();
    assertThat(cards.path(0).path("max_model_len").asInt()).isEqualTo(1024);
    assertThat(cards.path(2).path("parent").asText()).isEqualTo("base");
    assertThat(cards.path(2).path("root").asText()).isEqualTo("/adapters/lora-2");
    assertThat(client.chat("lora-0", 1).statusCode()).isEqualTo(404);
    assertThat(server.cpu()).containsExactly("lora-0", "lora-1", "lora-2");
    assertThat(server.gpu()).containsExactly("lora-1", "lora-2");
  }

  @Test
  void load_sizeInThePath_decidesTheSwapTime() {
    assertThat(client.load("big", "sim://big?bytes=500MB", false).statusCode()).isEqualTo(200);
    assertThat(server.trace().getLast().ms()).isBetween(20.8, 20.9);
    assertThat(client.load("odd", "sim://odd?bytes=much", false).statusCode()).isEqualTo(404);
  }

  @Test
  void resolver_loadableName_isLoadedAtItsRequest() {
    try (SimulatedServer resolving = SimulatedServer.start(SETTINGS.withResolver(true));
        SimClient other = new SimClient(resolving)) {
      assertThat(other.chat("lora-2", 1).statusCode()).isEqualTo(200);
      assertThat(resolving.gpu()).contains("lora-2");
      assertThat(other.chat("lora-9", 1).body())
          .contains("LoRA adapter lora-9 does not exist")
          .contains("\"code\":404");
    }
  }

  @Test
  void requests_seen_areRecorded() {
    client.chat("lora-0", 1);
    client.post("/v1/completions", "{\"prompt\":\"a\"}");
    SimRequest first = server.requests().getFirst();
    assertThat(first.method()).isEqualTo("POST");
    assertThat(first.path()).isEqualTo("/v1/chat/completions");
    assertThat(first.model()).isEqualTo("lora-0");
    assertThat(first.headers()).containsEntry("content-type", "application/json");
    assertThat(first.body()).contains("Say something.").hasSize(first.bodySize());
    assertThat(first.resident()).isTrue();
    assertThat(first.aborted()).isFalse();
    assertThat(server.requests().getLast().model()).isNull();
    assertThat(server.requests().getLast().level()).isNull();
  }

  @Test
  void disconnect_requestWaits_isAbortedInTheEngine() {
    server.faults().on(SimFault.STALL);
    CompletableFuture<HttpResponse<String>> answer = client.chatAsync("lora-0", 5);
    await().until(() -> client.metrics("vllm:num_requests_waiting{").getFirst().endsWith(" 1.0"));
    answer.cancel(true);
    await().until(() -> client.metrics("vllm:num_requests_waiting{").getFirst().endsWith(" 0.0"));
    assertThat(server.requests().getFirst().aborted()).isTrue();
    assertThat(client.metrics("vllm:request_success_total"))
        .anyMatch(line -> line.contains("abort") && line.endsWith(" 1.0"));
  }

  @Test
  void start_busyPort_isAnErrorThatNamesIt() {
    assertThatThrownBy(() -> SimulatedServer.start(SETTINGS.withPort(server.port())))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageStartingWith("cannot listen on " + server.address() + ": the port is in use");
  }

  @Test
  void close_twice_endsItsThreads() {
    SimulatedServer other =
        SimulatedServer.start(SETTINGS.withTokenTime(Duration.ofHours(1)).withTimeScale(1));
    try (SimClient busy = new SimClient(other)) {
      CompletableFuture<HttpResponse<String>> answer = busy.chatAsync("lora-0", 5);
      await().until(() -> !other.requests().isEmpty());
      other.close();
      other.close();
      assertThat(answer).failsWithin(Duration.ofSeconds(5));
    }
  }
}
