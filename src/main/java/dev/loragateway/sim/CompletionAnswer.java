package dev.loragateway.sim;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** {@code /v1/completions}. Immutable. */
record CompletionAnswer(Generation generation) implements SimAnswer {
  @Override
  public ObjectNode whole() {
    ObjectNode body = head();
    var choices = body.putArray("choices");
    for (int i = 0; i < generation.choices(); i++) {
      choices
          .addObject()
          .put("index", i)
          .put("text", generation.text())
          .putNull("logprobs")
          .put("finish_reason", generation.finishReason())
          .putNull("stop_reason")
          .putNull("token_ids")
          .putNull("prompt_logprobs");
    }
    body.putNull("service_tier").putNull("system_fingerprint");
    body.set("usage", SimAnswer.usage(generation).putNull("prompt_tokens_details"));
    return body.putNull("kv_transfer_params");
  }

  @Override
  public List<String> token(int index, boolean last) {
    List<String> events = new ArrayList<>();
    for (int i = 0; i < generation.choices(); i++) {
      ObjectNode chunk = head();
      chunk
          .putArray("choices")
          .addObject()
          .put("index", i)
          .put("text", generation.token(index))
          .putNull("logprobs")
          .put("finish_reason", last ? generation.finishReason() : null)
          .putNull("stop_reason");
      events.add(SimAnswer.data(chunk));
    }
    return events;
  }

  @Override
  public List<String> closing() {
    if (!generation.includeUsage()) {
      return List.of("data: [DONE]\n\n");
    }
    ObjectNode chunk = head();
    chunk.putArray("choices");
    chunk.set("usage", SimAnswer.usage(generation));
    return List.of(SimAnswer.data(chunk), "data: [DONE]\n\n");
  }

  private ObjectNode head() {
    return JSON.objectNode()
        .put("id", "cmpl-" + generation.id())
        .put("object", "text_completion")
        .put("created", generation.created())
        .put("model", generation.model());
  }
}
