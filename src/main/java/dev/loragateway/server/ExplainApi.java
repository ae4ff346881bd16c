package dev.loragateway.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import dev.loragateway.registry.EndpointRegistry;
import dev.loragateway.registry.PoolSnapshot;
import dev.loragateway.registry.RegistrySnapshot;
import dev.loragateway.registry.Variant;
import dev.loragateway.routing.Admission;
import dev.loragateway.routing.PickRequest;
import dev.loragateway.server.JsonHandler.Answer;
import dev.loragateway.server.JsonHandler.Body;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/explain}: tells where a request would go now, and why, without sending one.
 * Thread-safe.
 */
final class ExplainApi implements JsonHandler.Work {
  static final String PATH = "/api/explain";

  private static final String MODEL = "model";
  private static final String SESSION = "session";

  private final EndpointRegistry registry;
  private final Admission admission;

  ExplainApi(EndpointRegistry registry, Admission admission) {
    this.registry = registry;
    this.admission = admission;
  }

  @Override
  public Answer answer(HttpExchange exchange) throws IOException {
    if (!exchange.getRequestURI().getPath().equals(PATH)) {
      return Answer.problem(404, "not_found", "no such page");
    }
    if (!exchange.getRequestMethod().equals("POST")) {
      return JsonHandler.notAllowed(exchange, "POST");
    }
    return switch (JsonHandler.body(exchange)) {
      case Body.Wrong(Answer answer) -> answer;
      case Body.Read(JsonNode json) -> explain(json);
    };
  }

  private Answer explain(JsonNode body) {
    ApiProblem fault = fault(body);
    if (fault != null) {
      return Answer.of(fault);
    }
    String asked = body.path(MODEL).asText();
    registry.drain();
    RegistrySnapshot snapshot = registry.snapshot();
    PoolSnapshot pool = snapshot.pool(asked);
    if (pool == null) {
      return Answer.of(
          new ApiProblem(
              404,
              "model_not_found",
              MODEL,
              "The model `"
                  + asked
                  + "` does not exist in any pool (expected: one that"
                  + " /v1/models lists)"));
    }
    Variant variant = pool.variant(asked, ThreadLocalRandom.current().nextLong());
    String session = body.hasNonNull(SESSION) ? body.path(SESSION).asText() : null;
    PickRequest request = new PickRequest(variant.model(), true, session, null, 0, Set.of(), true);
    return new Answer(
        200,
        ExplanationJson.of(
            asked,
            variant,
            pool,
            admission.explain(request, pool),
            admission.waiting(pool.name())));
  }

  private static @Nullable ApiProblem fault(JsonNode body) {
    if (!body.isObject()) {
      return new ApiProblem(
          400, "invalid_value", "the body is no object (expected: {\"model\": \"NAME\"})");
    }
    for (Map.Entry<String, JsonNode> member : body.properties()) {
      String name = member.getKey();
      if (!name.equals(MODEL) && !name.equals(SESSION)) {
        return new ApiProblem(
            400,
            "unknown_parameter",
            name,
            "\"%s\" is not known (expected: model, session)".formatted(name));
      }
      if (!member.getValue().isTextual() || member.getValue().asText().isEmpty()) {
        return new ApiProblem(
            400, "invalid_value", name, "\"%s\" is no text (expected: a name)".formatted(name));
      }
    }
    return body.has(MODEL)
        ? null
        : new ApiProblem(
            400, "missing_parameter", MODEL, "\"model\" is missing (expected: a name)");
  }
}
