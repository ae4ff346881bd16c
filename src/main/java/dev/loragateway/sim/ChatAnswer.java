package dev.loragateway.sim;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** {@code /v1/chat/completions}. Immutable. */
record ChatAnswer(Generation generation) implements SimAnswer {
  @Override
  public ObjectNode whole() {
    ObjectNode body = head("chat.completion");
    var choices = body.putArray("choices");
    for (int i = 0; i < generation.choices(); i++) {
      ObjectNode choice = choices.addObject().put("index", i);
      choice
          .putObject("message")
          .put("role", "assistant")
          .put("content", generation.text())
          .putNull("refusal")
          .putNull("annotations")
          .putNull("audio")
          .putNull("function_call")
          .putNull("reasoning");
      choice
          .putNull("logprobs")
          .put("finish_reason", generation.finishReason())
          .putNull("stop_reason")
          .putNull("token_ids");
    }
    body.putNull("service_tier").putNull("system_fingerprint");
    body.set("usage", SimAnswer.usage(generation).putNull("prompt_tokens_details"));
    return body.putNull("prompt_logprobs").putNull("kv_transfer_params");
  }

  @Override
  public List<String> token(int index, boolean last) {
    List<String> events = new ArrayList<>();
    for (int i = 0; i < generation.choices(); i++) {
      if (index == 0) {
        ObjectNode role = JSON.objectNode().put("role", "assistant").put("content", "");
        events.add(chunk(i, role, false));
      }
      ObjectNode delta = JSON.objectNode().put("content", generation.token(index));
      events.add(chunk(i, delta, last));
    }
    return events;
  }

  @Override
  public List<String> closing() {
    if (!generation.includeUsage()) {
      return List.of("data: [DONE]\n\n");
    }
    ObjectNode chunk = head("chat.completion.chunk");
    chunk.putArray("choices");
    chunk.set("usage", SimAnswer.usage(generation));
    return List.of(SimAnswer.data(chunk), "data: [DONE]\n\n");
  }

  private String chunk(int choice, ObjectNode delta, boolean last) {
    ObjectNode chunk = head("chat.completion.chunk");
    ObjectNode entry = chunk.putArray("choices").addObject().put("index", choice);
    entry.set("delta", delta);
    entry.putNull("logprobs").put("finish_reason", last ? generation.finishReason() : null);
    if (last) {
      entry.putNull("stop_reason");
    }
    return SimAnswer.data(chunk);
  }

  private ObjectNode head(String object) {
    return JSON.objectNode()
        .put("id", "chatcmpl-" + generation.id())
        .put("object", object)
        .put("created", generation.created())
        .put("model", generation.model());
  }
}
