package dev.loragateway.sim;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads the JSON bodies of requests as vLLM does. Immutable. */
final class SimJson {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private SimJson() {}

  /** The body as an object; where it is none, the exchange is answered and the result is null. */
  static @Nullable ObjectNode object(SimExchange exchange) {
    String type = exchange.request.header("content-type").toLowerCase(Locale.ROOT);
    if (!type.split(";", 2)[0].strip().equals("application/json")) {
      exchange.reply(SimReply.unsupportedMediaType());
      return null;
    }
    return parse(exchange);
  }

  /** The same for any content type. */
  static @Nullable ObjectNode parse(SimExchange exchange) {
    try {
      JsonNode json = MAPPER.readTree(exchange.request.body());
      if (json instanceof ObjectNode object) {
        return object;
      }
      exchange.reply(json.isMissingNode() ? SimReply.invalidJson(0) : SimReply.notAnObject());
    } catch (JsonProcessingException e) {
      exchange.reply(SimReply.invalidJson(Math.max(0, e.getLocation().getByteOffset())));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return null;
  }
}
