package dev.loragateway.sim;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** How one API words a generated answer, whole or as server-sent events. Immutable. */
interface SimAnswer {
  /** The APIs that generate text. */
  enum Api {
    CHAT,
    COMPLETIONS,
    MESSAGES,
    RESPONSES
  }

  JsonNodeFactory JSON = JsonNodeFactory.instance;

  static SimAnswer of(Api api, Generation generation) {
    return switch (api) {
      case CHAT -> new ChatAnswer(generation);
      case COMPLETIONS -> new CompletionAnswer(generation);
      case MESSAGES -> new MessagesAnswer(generation);
      case RESPONSES -> new ResponsesAnswer(generation);
    };
  }

  /** The answer to a request that does not stream. */
  ObjectNode whole();

  /** Events that are sent before the engine has produced anything. */
  default List<String> opening() {
    return List.of();
  }

  /** Events for one token; those that announce the answer come with the first. */
  List<String> token(int index, boolean last);

  /** Events after the last token. */
  List<String> closing();

  /** An event without a name. */
  static String data(ObjectNode data) {
    return "data: " + data + "\n\n";
  }

  /** An event named after its type. */
  static String named(ObjectNode data) {
    return "event: " + data.path("type").asText() + "\n" + data(data);
  }

  /** The usage as OpenAI's API words it. */
  static ObjectNode usage(Generation generation) {
    return JSON.objectNode()
        .put("prompt_tokens", generation.promptTokens())
        .put("total_tokens", generation.promptTokens() + generation.completionTokens())
        .put("completion_tokens", generation.completionTokens());
  }
}
