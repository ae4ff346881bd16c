package dev.loragateway.sim;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** Anthropic's {@code /v1/messages}. Immutable. */
record MessagesAnswer(Generation generation) implements SimAnswer {
  @Override
  public ObjectNode whole() {
    ObjectNode body = head();
    body.putArray("content").addObject().put("type", "text").put("text", generation.text());
    body.put("model", generation.model()).put("stop_reason", stopReason());
    body.set("usage", usage(generation.outputTokens()));
    return body;
  }

  @Override
  public List<String> token(int index, boolean last) {
    List<String> events = new ArrayList<>();
    if (index == 0) {
      events.add(messageStart());
      ObjectNode block = type("content_block_start").put("index", 0);
      block.putObject("content_block").put("type", "text").put("text", "");
      events.add(SimAnswer.named(block));
    }
    ObjectNode delta = type("content_block_delta").put("index", 0);
    delta.putObject("delta").put("type", "text_delta").put("text", generation.token(index));
    events.add(SimAnswer.named(delta));
    return events;
  }

  @Override
  public List<String> closing() {
    ObjectNode delta = type("message_delta");
    delta.putObject("delta").put("stop_reason", stopReason()).putNull("stop_sequence");
    delta.set("usage", usage(generation.outputTokens()));
    return List.of(
        SimAnswer.named(type("content_block_stop").put("index", 0)),
        SimAnswer.named(delta),
        SimAnswer.named(type("message_stop")));
  }

  private String messageStart() {
    ObjectNode message = head();
    message.putArray("content");
    message.put("model", generation.model()).putNull("stop_reason").putNull("stop_sequence");
    message.set("usage", usage(0));
    ObjectNode event = type("message_start");
    event.set("message", message);
    return SimAnswer.named(event);
  }

  private ObjectNode head() {
    return JSON.objectNode()
        .put("id", "chatcmpl-" + generation.id())
        .put("type", "message")
        .put("role", "assistant");
  }

  private ObjectNode usage(int outputTokens) {
    return JSON.objectNode()
        .put("input_tokens", generation.promptTokens())
        .put("output_tokens", outputTokens);
  }

  private String stopReason() {
    return generation.limited() ? "max_tokens" : "end_turn";
  }

  private static ObjectNode type(String type) {
    return JSON.objectNode().put("type", type);
  }
}
