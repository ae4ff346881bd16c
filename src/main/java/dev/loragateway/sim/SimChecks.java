package dev.loragateway.sim;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/** What vLLM checks in a request before it generates. Immutable. */
final class SimChecks {
  /** The request sets no limit to the answer. */
  static final int NO_LIMIT = Integer.MIN_VALUE;

  private SimChecks() {}

  /** The error of a request that lacks a field or has a wrong one; null = its shape is right. */
  static @Nullable SimReply shape(SimAnswer.Api api, ObjectNode json) {
    return switch (api) {
      case CHAT -> messages(json);
      case COMPLETIONS -> null;
      case MESSAGES -> json.has("max_tokens") ? messages(json) : missing("max_tokens", json);
      case RESPONSES -> json.has("input") ? null : missing("input", json);
    };
  }

  /** The error of a request that asks for too much or for nothing; null = it can be served. */
  static @Nullable SimReply limits(SimAnswer.Api api, ObjectNode json, SimSettings settings) {
    JsonNode prompt = json.path(promptField(api));
    if (api == SimAnswer.Api.COMPLETIONS && (prompt.isMissingNode() || prompt.isNull())) {
      return SimReply.badParameter(
          "prompt", "Either prompt or prompt_embeds must be provided and non-empty.");
    }
    int limit = maxTokens(api, json);
    if (limit == NO_LIMIT) {
      return null;
    }
    if (limit < 1) {
      return SimReply.error(
          400,
          "BadRequestError",
          "max_tokens",
          "max_tokens must be at least 1, got %d. (parameter=max_tokens, value=%d)"
              .formatted(limit, limit));
    }
    if (limit > settings.maxModelLen()) {
      return SimReply.error(
          400,
          "BadRequestError",
          "max_tokens",
          ("max_tokens=%d cannot be greater than max_model_len=%d. Please request fewer output"
                  + " tokens. (parameter=max_tokens, value=%d)")
              .formatted(limit, settings.maxModelLen(), limit));
    }
    return null;
  }

  /** The field that holds the prompt. */
  static String promptField(SimAnswer.Api api) {
    return switch (api) {
      case CHAT, MESSAGES -> "messages";
      case COMPLETIONS -> "prompt";
      case RESPONSES -> "input";
    };
  }

  /** The most tokens that the request allows, or {@link #NO_LIMIT}. */
  static int maxTokens(SimAnswer.Api api, ObjectNode json) {
    JsonNode limit = json.path("max_tokens");
    if (api == SimAnswer.Api.RESPONSES) {
      limit = json.path("max_output_tokens");
    } else if (api == SimAnswer.Api.CHAT && json.hasNonNull("max_completion_tokens")) {
      limit = json.path("max_completion_tokens");
    }
    return limit.isNumber() ? limit.asInt() : NO_LIMIT;
  }

  private static @Nullable SimReply messages(ObjectNode json) {
    if (!json.has("messages")) {
      return missing("messages", json);
    }
    if (!json.path("messages").isArray()) {
      return SimReply.invalid(
          "body.messages",
          "{'type': 'list_type', 'loc': 'body.messages', 'msg': 'Input should be a valid list',"
              + " 'input': '%s'}".formatted(json.path("messages").asText()));
    }
    return null;
  }

  private static SimReply missing(String field, ObjectNode json) {
    return SimReply.missing(field, json.size());
  }
}
