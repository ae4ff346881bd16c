package dev.loragateway.sim;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.loragateway.sim.SimModels.Resolution;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The requests that name a model: checks them, lets the engine work and words its answers. Confined
 * to the server's one event loop.
 */
final class SimInference {
  private static final int STORED_RESPONSES = 1_000;

  private final SimSettings settings;
  private final SimModels models;
  private final SimEngine engine;
  private final InstantSource clock;
  private final Map<String, ObjectNode> responses = new LinkedHashMap<>();
  private long lastId;

  SimInference(SimSettings settings, SimModels models, SimEngine engine, InstantSource clock) {
    this.settings = settings;
    this.models = models;
    this.engine = engine;
    this.clock = clock;
  }

  /** Chat, completions, messages and responses. */
  void generate(SimExchange exchange, SimAnswer.Api api) {
    ObjectNode json = SimJson.object(exchange);
    if (json == null) {
      return;
    }
    exchange.request.model = text(json, "model");
    SimReply invalid = SimChecks.shape(api, json);
    if (invalid != null) {
      exchange.reply(invalid);
      return;
    }
    withModel(
        exchange,
        api == SimAnswer.Api.MESSAGES,
        adapter -> {
          SimReply refused = SimChecks.limits(api, json, settings);
          if (refused != null) {
            exchange.reply(refused);
          } else {
            generate(exchange, api, json, adapter);
          }
        });
  }

  /** Requests that the engine finishes in one step, such as embeddings. */
  void oneStep(SimExchange exchange, BiFunction<ObjectNode, Generation, ObjectNode> body) {
    ObjectNode json = SimJson.object(exchange);
    if (json == null) {
      return;
    }
    exchange.request.model = text(json, "model");
    withModel(
        exchange,
        false,
        adapter -> {
          Generation generation = generation(exchange, SimTokens.count(json), 1);
          submit(
              exchange,
              adapter,
              generation,
              (index, last) ->
                  exchange.run(() -> exchange.reply(SimReply.json(body.apply(json, generation)))));
        });
  }

  /** Requests that the engine never sees, such as counting tokens. */
  void frontend(SimExchange exchange, BiFunction<ObjectNode, Generation, ObjectNode> body) {
    ObjectNode json = SimJson.object(exchange);
    if (json == null) {
      return;
    }
    exchange.request.model = text(json, "model");
    int tokens = SimTokens.count(json.path(json.has("prompt") ? "prompt" : "messages"));
    withModel(
        exchange,
        false,
        adapter ->
            exchange.reply(SimReply.json(body.apply(json, generation(exchange, tokens, 1)))));
  }

  /** Audio, whose model is a field of a form. */
  void transcribe(SimExchange exchange) {
    SimForm form = SimForm.read(exchange.request);
    if (form == null) {
      exchange.reply(SimReply.missing("file", 0));
      return;
    }
    exchange.request.model = form.model();
    int tokens = Math.max(1, exchange.request.bodySize / 1_000);
    withModel(
        exchange,
        false,
        adapter -> {
          Generation generation = generation(exchange, tokens, settings.outputTokens());
          submit(
              exchange,
              adapter,
              generation,
              (index, last) -> {
                if (last) {
                  exchange.run(
                      () -> exchange.reply(SimReply.json(SimBodies.transcription(generation))));
                }
              });
        });
  }

  /** {@code GET /v1/responses/ID}; only answers of this server are known. */
  void stored(SimExchange exchange) {
    ObjectNode response = responses.get(responseId(exchange));
    exchange.reply(
        response == null ? unknownResponse(responseId(exchange)) : SimReply.json(response));
  }

  /** {@code POST /v1/responses/ID/cancel}; what is stored is complete. */
  void cancelStored(SimExchange exchange) {
    String id = responseId(exchange);
    exchange.reply(
        responses.containsKey(id)
            ? SimReply.error(
                400,
                "invalid_request_error",
                "response_id",
                "Cannot cancel a synchronous response.")
            : unknownResponse(id));
  }

  /** Stops what the engine does for an exchange. */
  void abort(SimExchange exchange) {
    EngineRequest work = exchange.request.work;
    if (work != null) {
      engine.abort(work);
    }
  }

  private void generate(
      SimExchange exchange, SimAnswer.Api api, ObjectNode json, @Nullable SimAdapter adapter) {
    int limit = SimChecks.maxTokens(api, json);
    int output = limit == SimChecks.NO_LIMIT ? settings.outputTokens() : limit;
    Generation generation =
        new Generation(
            nextId(),
            clock.instant().getEpochSecond(),
            modelName(exchange),
            SimTokens.count(json.path(SimChecks.promptField(api))),
            output,
            limit != SimChecks.NO_LIMIT,
            Math.max(1, json.path("n").asInt(1)),
            json.path("stream_options").path("include_usage").asBoolean());
    SimAnswer answer = SimAnswer.of(api, generation);
    if (json.path("stream").asBoolean()) {
      stream(exchange, adapter, generation, answer);
    } else {
      whole(exchange, adapter, generation, answer);
    }
  }

  private void stream(
      SimExchange exchange, @Nullable SimAdapter adapter, Generation generation, SimAnswer answer) {
    exchange.startStream();
    send(exchange, answer.opening());
    submit(
        exchange,
        adapter,
        generation,
        (index, last) ->
            exchange.run(
                () -> {
                  send(exchange, answer.token(index, last));
                  if (last) {
                    send(exchange, answer.closing());
                    store(answer);
                    exchange.endStream();
                  }
                }));
  }

  private void whole(
      SimExchange exchange, @Nullable SimAdapter adapter, Generation generation, SimAnswer answer) {
    submit(
        exchange,
        adapter,
        generation,
        (index, last) -> {
          if (last) {
            exchange.run(
                () -> {
                  store(answer);
                  exchange.reply(SimReply.json(answer.whole()));
                });
          }
        });
  }

  private void submit(
      SimExchange exchange,
      @Nullable SimAdapter adapter,
      Generation generation,
      EngineRequest.TokenListener listener) {
    if (exchange.finished()) {
      return;
    }
    EngineRequest work =
        new EngineRequest(
            adapter,
            generation.promptTokens(),
            generation.outputTokens(),
            generation.limited(),
            listener);
    exchange.request.work = work;
    engine.submit(work);
  }

  private interface WithModel {
    void serve(@Nullable SimAdapter adapter);
  }

  private void withModel(SimExchange exchange, boolean anthropic, WithModel next) {
    exchange.when(
        models.resolve(exchange.request.model),
        resolution -> {
          switch (resolution) {
            case Resolution.Base base -> next.serve(null);
            case Resolution.Lora lora -> next.serve(lora.adapter());
            case Resolution.Unknown unknown ->
                exchange.reply(
                    anthropic
                        ? SimReply.unknownModelAnthropic(modelName(exchange), settings.baseModel())
                        : unknown.error());
          }
        });
  }

  private void store(SimAnswer answer) {
    if (answer instanceof ResponsesAnswer response) {
      responses.put(response.id(), response.whole());
      if (responses.size() > STORED_RESPONSES) {
        responses.remove(responses.keySet().iterator().next());
      }
    }
  }

  private Generation generation(SimExchange exchange, int promptTokens, int outputTokens) {
    return new Generation(
        nextId(),
        clock.instant().getEpochSecond(),
        modelName(exchange),
        promptTokens,
        outputTokens,
        false,
        1,
        false);
  }

  private String modelName(SimExchange exchange) {
    String model = exchange.request.model;
    return model == null || model.isEmpty() ? settings.baseModel() : model;
  }

  private String nextId() {
    return "%016x".formatted(++lastId);
  }

  private static void send(SimExchange exchange, List<String> events) {
    events.forEach(exchange::event);
  }

  private static @Nullable String text(ObjectNode json, String field) {
    JsonNode value = json.path(field);
    return value.isTextual() ? value.textValue() : null;
  }

  private static String responseId(SimExchange exchange) {
    return exchange.request.path.split("/", 5)[3];
  }

  private static SimReply unknownResponse(String id) {
    return SimReply.error(
        404,
        "invalid_request_error",
        "response_id",
        "Response with id '%s' not found.".formatted(id));
  }
}
