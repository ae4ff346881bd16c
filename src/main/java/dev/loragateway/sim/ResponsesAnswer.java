package dev.loragateway.sim;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code /v1/responses}. Its stream opens before the engine has produced anything; sequence numbers
 * count the events. Immutable.
 */
record ResponsesAnswer(Generation generation) implements SimAnswer {
  private static final int OPENING_EVENTS = 2;
  private static final int ANNOUNCING_EVENTS = 2;

  @Override
  public ObjectNode whole() {
    ObjectNode body = response(generation.limited() ? "incomplete" : "completed");
    if (generation.limited()) {
      body.putObject("incomplete_details").put("reason", "max_output_tokens");
    }
    body.withArray("output").add(item("completed", true));
    ObjectNode usage = body.putObject("usage").put("input_tokens", generation.promptTokens());
    usage.putObject("input_tokens_details").put("cached_tokens", 0).put("cache_write_tokens", 0);
    usage.put("output_tokens", generation.outputTokens());
    usage.putObject("output_tokens_details").put("reasoning_tokens", 0);
    usage.put("total_tokens", generation.promptTokens() + generation.outputTokens());
    return body;
  }

  @Override
  public List<String> opening() {
    ObjectNode created = type("response.created", 0);
    created.set("response", response("in_progress"));
    ObjectNode progress = type("response.in_progress", 1);
    progress.set("response", response("in_progress"));
    return List.of(SimAnswer.named(created), SimAnswer.named(progress));
  }

  @Override
  public List<String> token(int index, boolean last) {
    List<String> events = new ArrayList<>();
    if (index == 0) {
      ObjectNode added = type("response.output_item.added", OPENING_EVENTS).put("output_index", 0);
      added.set("item", item("in_progress", false));
      events.add(SimAnswer.named(added));
      ObjectNode part = inItem("response.content_part.added", OPENING_EVENTS + 1);
      part.set("part", part(""));
      events.add(SimAnswer.named(part));
    }
    int sequence = OPENING_EVENTS + ANNOUNCING_EVENTS + index;
    ObjectNode delta = inItem("response.output_text.delta", sequence);
    delta.put("delta", generation.token(index)).putArray("logprobs");
    events.add(SimAnswer.named(delta));
    return events;
  }

  @Override
  public List<String> closing() {
    int sequence = OPENING_EVENTS + ANNOUNCING_EVENTS + generation.outputTokens();
    ObjectNode text = inItem("response.output_text.done", sequence);
    text.put("text", generation.text()).putArray("logprobs");
    ObjectNode part = inItem("response.content_part.done", sequence + 1);
    part.set("part", part(generation.text()));
    ObjectNode done = type("response.output_item.done", sequence + 2).put("output_index", 0);
    done.set("item", item("completed", true));
    ObjectNode completed = type("response.completed", sequence + 3);
    completed.set("response", whole());
    return List.of(
        SimAnswer.named(text),
        SimAnswer.named(part),
        SimAnswer.named(done),
        SimAnswer.named(completed));
  }

  String id() {
    return "resp_" + generation.id();
  }

  private ObjectNode response(String status) {
    ObjectNode body = JSON.objectNode().put("id", id()).put("created_at", generation.created());
    body.putNull("incomplete_details").putNull("instructions").putNull("metadata");
    body.put("model", generation.model()).put("object", "response").putArray("output");
    body.put("parallel_tool_calls", true).put("temperature", 1.0).put("tool_choice", "auto");
    body.putArray("tools");
    body.put("top_p", 1.0).put("background", false).putNull("max_output_tokens");
    body.putNull("previous_response_id").putNull("reasoning").put("service_tier", "auto");
    return body.put("status", status).putNull("text").put("truncation", "disabled").putNull("user");
  }

  private ObjectNode item(String status, boolean full) {
    ObjectNode item = JSON.objectNode().put("id", itemId());
    var content = item.putArray("content");
    if (full) {
      content.add(part(generation.text()));
    }
    return item.put("role", "assistant").put("status", status).put("type", "message");
  }

  private static ObjectNode part(String text) {
    ObjectNode part = JSON.objectNode();
    part.putArray("annotations");
    return part.put("text", text).put("type", "output_text").putNull("logprobs");
  }

  private ObjectNode inItem(String type, int sequence) {
    return type(type, sequence)
        .put("item_id", itemId())
        .put("output_index", 0)
        .put("content_index", 0);
  }

  private String itemId() {
    return "msg_" + generation.id();
  }

  private static ObjectNode type(String type, int sequence) {
    return JSON.objectNode().put("type", type).put("sequence_number", sequence);
  }
}
