package dev.loragateway.sim;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;

/** The bodies of the answers that are not generated text. Immutable. */
final class SimBodies {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final int DIMENSIONS = 8;

  private SimBodies() {}

  /** {@code /v1/models}: the base model and every registered adapter, loaded or not. */
  static ObjectNode models(SimSettings settings, List<SimAdapter> adapters, long created) {
    ObjectNode list = JSON.objectNode().put("object", "list");
    ArrayNode data = list.putArray("data");
    String base = settings.baseModel();
    data.add(card(base, "sim://" + base, created).put("max_model_len", settings.maxModelLen()));
    for (SimAdapter adapter : adapters) {
      ObjectNode card = card(adapter.name(), adapter.path(), created);
      data.add(card.put("parent", base).putNull("max_model_len"));
    }
    for (JsonNode card : data) {
      permission((ObjectNode) card, created);
    }
    return list;
  }

  static ObjectNode embeddings(ObjectNode request, Generation generation) {
    boolean base64 = request.path("encoding_format").asText().equals("base64");
    ObjectNode body = list("embd-", generation);
    ArrayNode data = body.putArray("data");
    for (int i = 0; i < inputs(request.path("input")); i++) {
      ObjectNode entry = data.addObject().put("index", i).put("object", "embedding");
      float[] vector = vector(generation.model(), i);
      if (base64) {
        entry.put("embedding", base64(vector));
      } else {
        floats(entry.putArray("embedding"), vector);
      }
    }
    return withUsage(body, generation);
  }

  static ObjectNode pooling(ObjectNode request, Generation generation) {
    ObjectNode body = list("pool-", generation);
    ArrayNode data = body.putArray("data");
    for (int i = 0; i < inputs(request.path("input")); i++) {
      ObjectNode entry = data.addObject().put("index", i).put("object", "pooling");
      floats(entry.putArray("data").addArray(), vector(generation.model(), i));
    }
    return withUsage(body, generation);
  }

  static ObjectNode classify(ObjectNode request, Generation generation) {
    ObjectNode body = list("classify-", generation);
    ArrayNode data = body.putArray("data");
    for (int i = 0; i < inputs(request.path("input")); i++) {
      ObjectNode entry = data.addObject().put("index", i).put("label", "LABEL_0");
      entry.putArray("probs").add(0.75).add(0.25);
      entry.put("num_classes", 2);
    }
    return withUsage(body, generation);
  }

  static ObjectNode score(ObjectNode request, Generation generation) {
    ObjectNode body = list("embd-", generation);
    ArrayNode data = body.putArray("data");
    for (int i = 0; i < inputs(request.path("text_2")); i++) {
      data.addObject().put("index", i).put("object", "score").put("score", relevance(i));
    }
    return withUsage(body, generation);
  }

  static ObjectNode rerank(ObjectNode request, Generation generation) {
    ObjectNode body = JSON.objectNode().put("id", "rerank-" + generation.id());
    body.put("model", generation.model());
    body.putObject("usage")
        .put("prompt_tokens", generation.promptTokens())
        .put("total_tokens", generation.promptTokens());
    ArrayNode results = body.putArray("results");
    int index = 0;
    for (JsonNode document : request.path("documents")) {
      ObjectNode result = results.addObject().put("index", index);
      result.putObject("document").put("text", document.asText()).putNull("multi_modal");
      result.put("relevance_score", relevance(index++));
    }
    return body;
  }

  static ObjectNode tokenize(ObjectNode request, Generation generation) {
    int count = generation.promptTokens();
    ObjectNode body = JSON.objectNode().put("count", count).put("max_model_len", 32_768);
    ArrayNode tokens = body.putArray("tokens");
    for (int i = 0; i < count; i++) {
      tokens.add(i + 3);
    }
    return body.putNull("token_strs");
  }

  static ObjectNode detokenize(ObjectNode request, Generation generation) {
    StringBuilder text = new StringBuilder();
    for (JsonNode token : request.path("tokens")) {
      text.append(text.isEmpty() ? "" : " ").append(token.asInt());
    }
    return JSON.objectNode().put("prompt", text.toString());
  }

  static ObjectNode countTokens(ObjectNode request, Generation generation) {
    ObjectNode body = JSON.objectNode().put("input_tokens", generation.promptTokens());
    body.putObject("context_management").put("original_input_tokens", generation.promptTokens());
    return body;
  }

  static ObjectNode transcription(Generation generation) {
    ObjectNode body = JSON.objectNode().put("text", generation.text());
    body.putObject("usage").put("type", "duration").put("seconds", 1);
    return body;
  }

  private static ObjectNode card(String id, String root, long created) {
    return JSON.objectNode()
        .put("id", id)
        .put("object", "model")
        .put("created", created)
        .put("owned_by", "vllm")
        .put("root", root)
        .putNull("parent");
  }

  private static void permission(ObjectNode card, long created) {
    card.putArray("permission")
        .addObject()
        .put("id", "modelperm-" + card.path("id").asText())
        .put("object", "model_permission")
        .put("created", created)
        .put("allow_create_engine", false)
        .put("allow_sampling", true)
        .put("allow_logprobs", true)
        .put("allow_search_indices", false)
        .put("allow_view", true)
        .put("allow_fine_tuning", false)
        .put("organization", "*")
        .putNull("group")
        .put("is_blocking", false);
  }

  private static ObjectNode list(String prefix, Generation generation) {
    return JSON.objectNode()
        .put("id", prefix + generation.id())
        .put("object", "list")
        .put("created", generation.created())
        .put("model", generation.model());
  }

  private static ObjectNode withUsage(ObjectNode body, Generation generation) {
    body.putObject("usage")
        .put("prompt_tokens", generation.promptTokens())
        .put("total_tokens", generation.promptTokens())
        .put("completion_tokens", 0)
        .putNull("prompt_tokens_details");
    return body;
  }

  /** How many inputs a field holds: a text and a list of token ids are one. */
  private static int inputs(JsonNode field) {
    return field.isArray() && !field.path(0).isInt() ? field.size() : 1;
  }

  private static double relevance(int index) {
    return 1.0 / (index + 2);
  }

  private static float[] vector(String model, int index) {
    float[] vector = new float[DIMENSIONS];
    for (int i = 0; i < DIMENSIONS; i++) {
      vector[i] = ((model.hashCode() >> i & 7) + index + i) / 16f;
    }
    return vector;
  }

  private static void floats(ArrayNode array, float[] vector) {
    for (float value : vector) {
      array.add(value);
    }
  }

  private static String base64(float[] vector) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * vector.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : vector) {
      bytes.putFloat(value);
    }
    return Base64.getEncoder().encodeToString(bytes.array());
  }
}
