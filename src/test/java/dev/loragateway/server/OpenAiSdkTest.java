package dev.loragateway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIServiceException;
import com.openai.errors.RateLimitException;
import com.openai.errors.SseException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.models.Model;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import dev.loragateway.sim.SimFault;
import dev.loragateway.sim.SimulatedServer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The gateway as OpenAI's own client sees it. */
final class OpenAiSdkTest {
  private static final String ADAPTER = "acme/llama-2-70b/customer-support/v1";

  @RegisterExtension static final GatewayExtension gateways = new GatewayExtension();

  private SimulatedServer server;
  private Gateway gateway;
  private OpenAIClient client;

  @BeforeEach
  void start() {
    server = gateways.simulator("base", ADAPTER);
    gateway = gateways.start(Setup.of(server.address()));
    client = client(gateway);
  }

  private static OpenAIClient client(Gateway gateway) {
    OpenAIClient client =
        OpenAIOkHttpClient.builder()
            .baseUrl("http://127.0.0.1:" + gateway.port() + "/v1")
            .apiKey("key")
            .maxRetries(0)
            .build();
    gateways.closing(client::close);
    return client;
  }

  private static ChatCompletionCreateParams chat(String model) {
    return ChatCompletionCreateParams.builder()
        .model(model)
        .maxCompletionTokens(4)
        .addUserMessage("Hello")
        .build();
  }

  @Test
  void chat_isAnswered() {
    ChatCompletion completion = client.chat().completions().create(chat(ADAPTER));

    assertThat(completion.model()).isEqualTo(ADAPTER);
    assertThat(completion.choices().getFirst().message().content()).isPresent();
    assertThat(completion.usage().orElseThrow().completionTokens()).isEqualTo(4);
  }

  @Test
  void chat_streamed_everyTokenComes() {
    List<String> tokens = new ArrayList<>();
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(chat(ADAPTER))) {
      stream.stream()
          .flatMap(chunk -> chunk.choices().stream())
          .flatMap(choice -> choice.delta().content().stream())
          .filter(text -> !text.isEmpty())
          .forEach(tokens::add);
    }

    assertThat(tokens).hasSize(4);
  }

  @Test
  void chat_streamBreaksOff_theClientThrows() {
    server.faults().on(SimFault.RESET_MID_STREAM, 2);

    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(chat(ADAPTER))) {
      assertThatThrownBy(() -> stream.stream().toList()).isInstanceOf(SseException.class);
    }
  }

  @Test
  void completions_areAnswered() {
    var completion =
        client
            .completions()
            .create(CompletionCreateParams.builder().model(ADAPTER).prompt("Once").build());

    assertThat(completion.choices()).hasSize(1);
  }

  @Test
  void embeddings_areAnswered() {
    var embeddings =
        client
            .embeddings()
            .create(EmbeddingCreateParams.builder().model("base").input("text").build());

    assertThat(embeddings.data()).hasSize(1);
    assertThat(embeddings.data().getFirst().embedding()).isNotEmpty();
  }

  @Test
  void responses_areAnsweredAndFoundAgain() {
    Response made =
        client
            .responses()
            .create(ResponseCreateParams.builder().model(ADAPTER).input("Hello").build());

    assertThat(client.responses().retrieve(made.id()).id()).isEqualTo(made.id());
  }

  @Test
  void models_listBaseAndAdapters() {
    assertThat(client.models().list().data())
        .extracting(Model::id)
        .containsExactlyInAnyOrder("base", ADAPTER);
  }

  @Test
  void models_retrieve_alsoAnIdWithSlashes() {
    assertThat(client.models().retrieve(ADAPTER).id()).isEqualTo(ADAPTER);
    assertThat(client.models().retrieve("base").id()).isEqualTo("base");
  }

  @Test
  void models_retrieveUnknown_isNotFound() {
    assertThatThrownBy(() -> client.models().retrieve("acme/nobody"))
        .isInstanceOfSatisfying(
            NotFoundException.class, e -> assertThat(e.code()).contains("model_not_found"));
  }

  @Test
  void unknownModel_isNotFound() {
    assertThatThrownBy(() -> client.chat().completions().create(chat("nobody")))
        .isInstanceOfSatisfying(
            NotFoundException.class,
            e -> {
              assertThat(e.code()).contains("model_not_found");
              assertThat(e.param()).contains("model");
              assertThat(e.type()).contains("invalid_request_error");
            });
  }

  @Test
  void emptyModel_isABadRequest() {
    assertThatThrownBy(() -> client.chat().completions().create(chat("")))
        .isInstanceOfSatisfying(
            BadRequestException.class, e -> assertThat(e.param()).contains("model"));
  }

  @Test
  void errorOfTheServer_reachesTheClient() {
    ChatCompletionCreateParams tooMany =
        ChatCompletionCreateParams.builder()
            .model(ADAPTER)
            .maxCompletionTokens(10_000_000)
            .addUserMessage("Hello")
            .build();

    assertThatThrownBy(() -> client.chat().completions().create(tooMany))
        .isInstanceOf(BadRequestException.class);
  }

  @Test
  void saturated_isARateLimit() {
    Gateway full = gateways.start(Setup.of(server.address()).maxInFlight(1).noQueue());
    server.faults().on(SimFault.HANG);
    gateways.client(full).send(Requests.chat("base"));
    org.awaitility.Awaitility.await()
        .atMost(GatewayExtension.SOON)
        .until(() -> GatewayExtension.inFlight(full) == 1);

    assertThatThrownBy(() -> client(full).chat().completions().create(chat("base")))
        .isInstanceOfSatisfying(
            RateLimitException.class, e -> assertThat(e.code()).contains("rate_limit_exceeded"));
  }

  @Test
  void serverFails_isAServerError() {
    server.faults().on(SimFault.RESET_BEFORE_RESPONSE);

    assertThatThrownBy(() -> client.chat().completions().create(chat(ADAPTER)))
        .isInstanceOfSatisfying(
            OpenAIServiceException.class, e -> assertThat(e.statusCode()).isEqualTo(502));
  }
}
