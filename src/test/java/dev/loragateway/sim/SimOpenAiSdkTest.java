package dev.loragateway.sim;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.models.Model;
import com.openai.models.responses.ResponseCreateParams;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The official SDK reads the answers. */
class SimOpenAiSdkTest {
  private final SimulatedServer server =
      SimulatedServer.start(SimSettings.of("base", "lora-0").withTimeScale(0));
  private final OpenAIClient client =
      OpenAIOkHttpClient.builder()
          .baseUrl("http://" + server.address() + "/v1")
          .apiKey("none")
          .responseValidation(true)
          .build();
  private final ChatCompletionCreateParams chat =
      ChatCompletionCreateParams.builder()
          .model("lora-0")
          .maxCompletionTokens(3)
          .addUserMessage("hi")
          .build();

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  @Test
  void chat_whole_isRead() {
    var answer = client.chat().completions().create(chat);
    assertThat(answer.choices().getFirst().message().content()).hasValue("lora-0 1 2");
    assertThat(answer.usage().orElseThrow().completionTokens()).isEqualTo(3);
  }

  @Test
  void chat_stream_isRead() {
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(chat)) {
      String text =
          stream.stream()
              .flatMap(chunk -> chunk.choices().stream())
              .map(choice -> choice.delta().content().orElse(""))
              .collect(Collectors.joining());
      assertThat(text).isEqualTo("lora-0 1 2");
    }
  }

  @Test
  void completions_whole_isRead() {
    var params = CompletionCreateParams.builder().model("lora-0").prompt("hi").maxTokens(2).build();
    assertThat(client.completions().create(params).choices().getFirst().text())
        .isEqualTo("lora-0 1");
  }

  @Test
  void embeddings_ofTheSdksEncoding_areRead() {
    var params =
        EmbeddingCreateParams.builder().model("lora-0").inputOfArrayOfStrings(List.of("a", "b"));
    var answer = client.embeddings().create(params.build());
    assertThat(answer.data()).hasSize(2);
    assertThat(answer.data().getFirst().embedding()).hasSize(8);
  }

  @Test
  void models_list_isRead() {
    assertThat(client.models().list().data().stream().map(Model::id))
        .containsExactly("base", "lora-0");
  }

  @Test
  void responses_whole_isRead() {
    var params = ResponseCreateParams.builder().model("lora-0").input("hi").build();
    assertThat(client.responses().create(params).output().getFirst().asMessage().content())
        .hasSize(1);
  }
}
