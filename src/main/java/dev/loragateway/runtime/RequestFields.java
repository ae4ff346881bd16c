package dev.loragateway.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** Reads the fields of a request's body. Stateless. */
final class RequestFields {
  private static final int LONGEST_NAME = 512;

  private RequestFields() {}

  /** The name of the adapter. */
  static String name(JsonNode json) throws ProblemException {
    String name = text(json, "lora_name");
    if (name.length() > LONGEST_NAME || name.chars().anyMatch(c -> c < 0x20 || c == 0x7f)) {
      throw new ProblemException(
          Problem.BAD_REQUEST,
          "lora_name is none (expected: at most %d characters, all of them visible)"
              .formatted(LONGEST_NAME));
    }
    return name;
  }

  static String text(JsonNode json, String field) throws ProblemException {
    String text = optional(json, field);
    if (text == null) {
      throw new ProblemException(Problem.BAD_REQUEST, field + " is missing");
    }
    return text;
  }

  /** Null when it is missing, null or empty. */
  static @Nullable String optional(JsonNode json, String field) throws ProblemException {
    JsonNode value = json.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return null;
    }
    if (!value.isTextual()) {
      throw new ProblemException(Problem.BAD_REQUEST, field + " is no text");
    }
    return value.asText().isBlank() ? null : value.asText().strip();
  }
}
