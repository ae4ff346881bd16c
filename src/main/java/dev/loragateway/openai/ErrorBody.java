package dev.loragateway.openai;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.loragateway.model.GatewayError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/**
 * Errors on the wire: the gateway's own as bodies and as the last event of a broken stream, and the
 * model servers' "model not found" as they word it. Thread-safe.
 */
public final class ErrorBody {
  private static final ObjectMapper MAPPER = new ObjectMapper(Json.FACTORY);

  private ErrorBody() {}

  /** The body of an error answer, JSON in UTF-8. */
  public static byte[] json(ApiShape shape, GatewayError error, String message) {
    return Json.bytes(
        json -> {
          json.writeStartObject();
          if (shape == ApiShape.ANTHROPIC) {
            json.writeStringField("type", "error");
          }
          error(json, shape, error, message);
          json.writeEndObject();
        });
  }

  /**
   * The event that ends a stream which broke after its first byte; nothing follows it, no {@code
   * [DONE]} either. OpenAI's SDKs raise when an event's data has an {@code error} member, so the
   * typed event of the Responses API carries one too.
   */
  public static byte[] streamEvent(ApiShape shape, GatewayError error, String message) {
    byte[] data = shape == ApiShape.RESPONSES ? typed(error, message) : json(shape, error, message);
    String prefix = shape == ApiShape.OPENAI ? "data: " : "event: error\ndata: ";
    ByteArrayOutputStream event = new ByteArrayOutputStream(data.length + 32);
    event.writeBytes(prefix.getBytes(US_ASCII));
    event.writeBytes(data);
    event.writeBytes("\n\n".getBytes(US_ASCII));
    return event.toByteArray();
  }

  /**
   * Whether a model server's error body says that it does not serve the model of the request, in
   * vLLM's words (nested, or flat as up to vLLM 0.9) or by OpenAI's code. The bare 404 of an
   * unknown path or of an unknown response is none.
   */
  public static boolean isModelNotFound(byte[] body) {
    JsonNode root;
    try {
      root = MAPPER.readTree(body);
    } catch (IOException e) {
      return false;
    }
    JsonNode nested = root.path("error");
    boolean flat = "error".equals(root.path("object").textValue());
    JsonNode error = nested.isObject() || !flat ? nested : root;
    String message = error.path("message").asText();
    return GatewayError.MODEL_NOT_FOUND.code().equals(error.path("code").textValue())
        || says(message, "The model `", "` does not exist")
        || says(message, "LoRA adapter ", " does not exist")
        || says(message, "The LoRA adapter ", " does not exist");
  }

  private static boolean says(String message, String beginning, String end) {
    return message.startsWith(beginning) && message.indexOf(end, beginning.length()) > 0;
  }

  private static byte[] typed(GatewayError error, String message) {
    return Json.bytes(
        json -> {
          json.writeStartObject();
          json.writeStringField("type", "error");
          Json.member(json, "code", error.code());
          Json.member(json, "message", message);
          Json.member(json, "param", error.param());
          json.writeNumberField("sequence_number", 0);
          error(json, ApiShape.RESPONSES, error, message);
          json.writeEndObject();
        });
  }

  private static void error(JsonGenerator json, ApiShape shape, GatewayError error, String message)
      throws IOException {
    json.writeObjectFieldStart("error");
    if (shape == ApiShape.ANTHROPIC) {
      json.writeStringField("type", anthropicType(error.status()));
      Json.member(json, "message", message);
    } else {
      Json.member(json, "message", message);
      json.writeStringField("type", error.type());
      Json.member(json, "param", error.param());
      Json.member(json, "code", error.code());
    }
    json.writeEndObject();
  }

  /** Anthropic's error types; its own status for an overload is 529, ours 503. */
  private static String anthropicType(int status) {
    return switch (status) {
      case 401 -> "authentication_error";
      case 403 -> "permission_error";
      case 404 -> "not_found_error";
      case 413 -> "request_too_large";
      case 429 -> "rate_limit_error";
      case 503 -> "overloaded_error";
      default -> status < 500 ? "invalid_request_error" : "api_error";
    };
  }
}
