package dev.loragateway.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.loragateway.model.GatewayError;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ErrorBodyTest {

  private static String json(ApiShape shape, GatewayError error, String message) {
    return new String(ErrorBody.json(shape, error, message), UTF_8);
  }

  private static String event(ApiShape shape, GatewayError error) {
    return new String(ErrorBody.streamEvent(shape, error, "gone"), UTF_8);
  }

  @ParameterizedTest
  @EnumSource(
      value = ApiShape.class,
      names = {"OPENAI", "RESPONSES"})
  void json_openAi_hasFourMembers(ApiShape shape) {
    assertThat(json(shape, GatewayError.MODEL_NOT_FOUND, "The model `x` does not exist"))
        .isEqualTo(
            "{\"error\":{\"message\":\"The model `x` does not exist\","
                + "\"type\":\"invalid_request_error\",\"param\":\"model\","
                + "\"code\":\"model_not_found\"}}");
  }

  @Test
  void json_withoutParam_writesNull() {
    assertThat(json(ApiShape.OPENAI, GatewayError.UPSTREAM_FAILED, "m"))
        .isEqualTo(
            "{\"error\":{\"message\":\"m\",\"type\":\"server_error\",\"param\":null,"
                + "\"code\":\"upstream_failed\"}}");
  }

  @ParameterizedTest
  @CsvSource({
    "INVALID_JSON, invalid_request_error",
    "MODEL_NOT_FOUND, not_found_error",
    "BODY_TOO_LARGE, request_too_large",
    "SATURATED, rate_limit_error",
    "NO_ENDPOINT_READY, overloaded_error",
    "UPSTREAM_FAILED, api_error"
  })
  void json_anthropic_usesItsTypeNames(GatewayError error, String type) {
    assertThat(json(ApiShape.ANTHROPIC, error, "m"))
        .isEqualTo("{\"type\":\"error\",\"error\":{\"type\":\"" + type + "\",\"message\":\"m\"}}");
  }

  @Test
  void json_anyText_isEscaped() throws IOException {
    String message = "\"quoted\" \\ \n\r\t\u0001 é 😀";
    for (ApiShape shape : ApiShape.values()) {
      JsonNode error =
          new ObjectMapper().readTree(json(shape, GatewayError.BAD_REQUEST, message)).get("error");
      assertThat(error.get("message").asText()).isEqualTo(message);
    }
  }

  @Test
  void json_unpairedSurrogate_isReplaced() {
    assertThat(json(ApiShape.OPENAI, GatewayError.BAD_REQUEST, "a\ud800b")).contains("\"a?b\"");
  }

  @Test
  void streamEvent_eachShape_isOneEvent() {
    assertThat(event(ApiShape.OPENAI, GatewayError.UPSTREAM_FAILED))
        .isEqualTo(
            "data: {\"error\":{\"message\":\"gone\",\"type\":\"server_error\",\"param\":null,"
                + "\"code\":\"upstream_failed\"}}\n\n");
    assertThat(event(ApiShape.ANTHROPIC, GatewayError.UPSTREAM_FAILED))
        .isEqualTo(
            """
            event: error
            data: {"type":"error","error":{"type":"api_error","message":"gone"}}

            """);
    assertThat(event(ApiShape.RESPONSES, GatewayError.UPSTREAM_FAILED))
        .isEqualTo(
            "event: error\ndata: {\"type\":\"error\",\"code\":\"upstream_failed\","
                + "\"message\":\"gone\",\"param\":null,\"sequence_number\":0,"
                + "\"error\":{\"message\":\"gone\",\"type\":\"server_error\",\"param\":null,"
                + "\"code\":\"upstream_failed\"}}\n\n");
  }

  @Test
  void streamEvent_lineBreakInMessage_staysOneLine() {
    byte[] event = ErrorBody.streamEvent(ApiShape.OPENAI, GatewayError.INTERNAL, "a\n\nb");
    assertThat(new String(event, UTF_8)).endsWith("}}\n\n").containsOnlyOnce("\n\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"error\":{\"message\":\"The model `nope` does not exist. Valid aliases: base.\","
            + "\"type\":\"NotFoundError\",\"param\":\"model\",\"code\":404}}",
        "{\"error\":{\"message\":\"The model `a b` does not exist.\"}}",
        "{\"object\":\"error\",\"message\":\"The model `m` does not exist.\","
            + "\"type\":\"NotFoundError\",\"param\":null,\"code\":404}",
        "{\"error\":{\"message\":\"LoRA adapter m does not exist\",\"code\":404}}",
        "{\"error\":{\"message\":\"no\",\"code\":\"model_not_found\"}}"
      })
  void isModelNotFound_saysSo_isTrue(String body) {
    assertThat(ErrorBody.isModelNotFound(body.getBytes(UTF_8))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "\"The model `m` does not exist\"",
        "{",
        "{\"detail\":\"Not Found\"}",
        "{\"error\":\"The model `m` does not exist\"}",
        "{\"error\":null}",
        "{\"error\":{\"message\":\"Response with id 'resp_1' not found.\",\"code\":404}}",
        "{\"error\":{\"message\":\"The lora adapter 'zzz' cannot be found.\",\"code\":404}}",
        "{\"error\":{\"message\":\"Template: The model `m` does not exist\"}}",
        "{\"error\":{\"message\":\"The model `m` is loading; x does not exist\"}}",
        "{\"error\":{\"message\":7,\"code\":{}}}",
        "{\"message\":\"The model `m` does not exist\"}"
      })
  void isModelNotFound_anythingElse_isFalse(String body) {
    assertThat(ErrorBody.isModelNotFound(body.getBytes(UTF_8))).isFalse();
  }

  @Test
  void isModelNotFound_deepNesting_isFalse() {
    assertThat(ErrorBody.isModelNotFound("[".repeat(100_000).getBytes(UTF_8))).isFalse();
  }
}
