package dev.loragateway.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIServiceException;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStreamEvent;
import com.sun.net.httpserver.HttpServer;
import dev.loragateway.model.GatewayError;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The errors as OpenAI's own SDK understands them. */
class ErrorBodySdkTest {
  private static final String CHUNK =
      """
      data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[]}

      """;
  private static final ChatCompletionCreateParams CHAT =
      ChatCompletionCreateParams.builder().model("m").addUserMessage("hi").build();

  private HttpServer server;
  private OpenAIClient client;
  private int status = 200;
  private String type = "text/event-stream";
  private byte[] body = {};

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          exchange.getResponseHeaders().set("content-type", type);
          exchange.sendResponseHeaders(status, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    client =
        OpenAIOkHttpClient.builder()
            .baseUrl("http://127.0.0.1:" + server.getAddress().getPort() + "/v1")
            .apiKey("k")
            .maxRetries(0)
            .build();
  }

  @AfterEach
  void stop() {
    client.close();
    server.stop(0);
  }

  private void answerThenBreak(String event, ApiShape shape) {
    String last =
        new String(ErrorBody.streamEvent(shape, GatewayError.UPSTREAM_FAILED, "gone"), UTF_8);
    body = (event + last).getBytes(UTF_8);
  }

  @Test
  void streamEvent_chatStream_raisesInTheSdk() {
    answerThenBreak(CHUNK, ApiShape.OPENAI);
    List<ChatCompletionChunk> seen = new ArrayList<>();
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(CHAT)) {
      assertThatThrownBy(() -> stream.stream().forEach(seen::add))
          .isInstanceOf(OpenAIServiceException.class)
          .hasMessageContaining("gone");
    }
    assertThat(seen).hasSize(1);
  }

  @Test
  void streamEvent_responsesStream_raisesInTheSdk() {
    answerThenBreak("", ApiShape.RESPONSES);
    ResponseCreateParams params = ResponseCreateParams.builder().model("m").input("hi").build();
    try (StreamResponse<ResponseStreamEvent> stream = client.responses().createStreaming(params)) {
      assertThatThrownBy(() -> stream.stream().forEach(event -> {}))
          .isInstanceOf(OpenAIServiceException.class)
          .hasMessageContaining("gone");
    }
  }

  @Test
  void json_modelNotFound_isTheSdksException() {
    status = 404;
    type = "application/json";
    body = ErrorBody.json(ApiShape.OPENAI, GatewayError.MODEL_NOT_FOUND, "The model `m` ...");
    assertThatThrownBy(() -> client.chat().completions().create(CHAT))
        .isInstanceOfSatisfying(
            NotFoundException.class,
            e -> {
              assertThat(e.code()).contains("model_not_found");
              assertThat(e.param()).contains("model");
              assertThat(e.type()).contains("invalid_request_error");
            });
  }
}
