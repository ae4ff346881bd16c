package dev.loragateway.server;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/**
 * Why the admin API does not do what it was asked for. Immutable.
 *
 * @param status of the answer
 * @param code for programs, such as {@code adapter_not_found}
 * @param param the member of the body that is at fault; null = none
 * @param message for people: what is wrong, and what was expected
 */
record ApiProblem(int status, String code, @Nullable String param, String message) {
  ApiProblem(int status, String code, String message) {
    this(status, code, null, message);
  }

  /** In the shape of the gateway's errors. */
  ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.putObject("error")
        .put("message", message)
        .put("type", status < 500 ? "invalid_request_error" : "server_error")
        .put("param", param)
        .put("code", code);
    return json;
  }
}
