package dev.loragateway.sim;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A whole answer. The error bodies are those of vLLM 0.32. Immutable.
 *
 * @param status HTTP status
 * @param contentType empty = no such header
 * @param body may be empty
 * @param allow the method that the path takes, for a 405; empty = no such header
 */
record SimReply(int status, String contentType, String body, String allow) {
  static final SimReply EMPTY = new SimReply(200, "", "", "");
  static final SimReply NOT_FOUND = detail(404, "Not Found");

  static SimReply json(JsonNode body) {
    return json(200, body);
  }

  static SimReply json(int status, JsonNode body) {
    return new SimReply(status, "application/json", body.toString(), "");
  }

  static SimReply text(int status, String contentType, String body) {
    return new SimReply(status, contentType, body, "");
  }

  static SimReply methodNotAllowed(String allow) {
    SimReply reply = detail(405, "Method Not Allowed");
    return new SimReply(405, reply.contentType, reply.body, allow);
  }

  static SimReply error(int status, String type, String param, String message) {
    ObjectNode error = JsonNodeFactory.instance.objectNode();
    error.put("message", message).put("type", type);
    error.put("param", param.isEmpty() ? null : param).put("code", status);
    return json(status, JsonNodeFactory.instance.objectNode().set("error", error));
  }

  static SimReply invalid(String param, String rule) {
    return error(400, "Bad Request", param, "1 validation error:\n  " + rule);
  }

  static SimReply missing(String field, int fields) {
    return invalid(
        "body." + field,
        "{'type': 'missing', 'loc': 'body.%s', 'msg': 'Field required', 'input': '<dict of %d items>'}"
            .formatted(field, fields));
  }

  static SimReply invalidJson(long offset) {
    String loc = "body." + offset;
    return invalid(
        loc,
        ("{'type': 'json_invalid', 'loc': '%s', 'msg': 'JSON decode error',"
                + " 'input': '<dict of 0 items>', 'ctx': {'error': 'Expecting value'}}")
            .formatted(loc));
  }

  static SimReply notAnObject() {
    return invalid(
        "body",
        "{'type': 'model_attributes_type', 'loc': 'body', 'msg': 'Input should be a valid"
            + " dictionary or object to extract fields from'}");
  }

  static SimReply unsupportedMediaType() {
    return invalid("", "Unsupported Media Type: Only 'application/json' is allowed");
  }

  static SimReply badParameter(String param, String message) {
    return error(400, "BadRequestError", param, "%s (parameter=%s)".formatted(message, param));
  }

  static SimReply unknownModel(String name, String baseModel) {
    return error(
        404,
        "NotFoundError",
        "model",
        "The model `%s` does not exist. Valid aliases: %s.".formatted(name, baseModel));
  }

  /** The same error in the shape of Anthropic's API. */
  static SimReply unknownModelAnthropic(String name, String baseModel) {
    ObjectNode body = JsonNodeFactory.instance.objectNode().put("type", "error");
    body.putObject("error")
        .put("type", "NotFoundError")
        .put(
            "message",
            "The model `%s` does not exist. Valid aliases: %s.".formatted(name, baseModel));
    return json(404, body);
  }

  private static SimReply detail(int status, String detail) {
    return json(status, JsonNodeFactory.instance.objectNode().put("detail", detail));
  }
}
